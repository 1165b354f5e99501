//! What the answers to a lifeline's own questions change.

use aegis_plants::Plant;
use aegis_types::Instant;

use super::registration::Registration;
use super::settings::longest_interval;
use super::state::State;
use super::{
    ANSWER_TIMEOUT, Ask, Effect, HeartbeatAnswer, HeartbeatFailure, Lifeline, RegisterAnswer,
    Silence, StopReason, WaitingFor,
};

impl Lifeline {
    pub(super) fn on_inbox(
        &mut self,
        now: Instant,
        ask: Ask,
        ready: bool,
        effects: &mut Vec<Effect>,
    ) {
        if !matches!(self.state, State::Preparing { ask: out } if out == ask) {
            return self.drop_stale();
        }
        if !ready {
            return self.wait(now, WaitingFor::Inbox, effects);
        }
        let ask = self.next_ask();
        self.router_may_know = true;
        self.state = State::Registering {
            ask,
            sent_at: now,
            leaving: false,
        };
        effects.push(Effect::Register {
            ask,
            timeout: ANSWER_TIMEOUT,
        });
    }

    pub(super) fn on_register(
        &mut self,
        now: Instant,
        ask: Ask,
        answer: RegisterAnswer,
        effects: &mut Vec<Effect>,
    ) {
        let (sent_at, leaving) = match self.state {
            State::Registering {
                ask: out,
                sent_at,
                leaving,
            } if out == ask => (sent_at, leaving),
            _ => return self.drop_stale(),
        };
        match answer {
            RegisterAnswer::Accepted { token, .. } if leaving => self.deregister(token, effects),
            // A registration without an answer may stand until its lease ends.
            RegisterAnswer::Unanswered(silence) if leaving => {
                let confirmed = silence == Silence::NoRouter;
                self.stop(StopReason::Deregistered { confirmed }, effects);
            }
            RegisterAnswer::Refused { .. } if leaving => {
                self.stop(StopReason::Deregistered { confirmed: true }, effects);
            }
            RegisterAnswer::Accepted { lease_ttl, token } => {
                self.lease_ttl = Some(lease_ttl);
                // The router may have an interval of its own for the service: the lease has room for
                // three of them, and the answer to the first heartbeat tells.
                let interval = self.heartbeats.interval();
                let interval = interval.map(|asked| asked.min(longest_interval(lease_ttl)));
                self.state = State::Registered(Registration::accepted(
                    now, sent_at, lease_ttl, token, interval,
                ));
                self.backoff.reset();
                self.said.clear();
                let again = std::mem::replace(&mut self.registered_before, true);
                effects.push(Effect::ReportRegistered { again });
            }
            RegisterAnswer::Refused {
                code,
                message,
                retryable: true,
            } => self.wait(now, WaitingFor::Refusal { code, message }, effects),
            RegisterAnswer::Refused { code, message, .. } => {
                self.stop(StopReason::Refused { code, message }, effects);
            }
            RegisterAnswer::Unanswered(_) => self.wait(now, WaitingFor::Router, effects),
        }
    }

    pub(super) fn on_heartbeat(
        &mut self,
        now: Instant,
        ask: Ask,
        answer: HeartbeatAnswer,
        effects: &mut Vec<Effect>,
    ) {
        let registration = match &mut self.state {
            State::Registered(registration) if registration.heartbeat_out() == Some(ask) => {
                registration
            }
            _ => return self.drop_stale(),
        };
        let failure = match answer {
            HeartbeatAnswer::Renewed {
                lease_ttl,
                next_interval,
            } => {
                registration.renewed(now, lease_ttl, next_interval);
                self.lease_ttl = Some(lease_ttl);
                self.backoff.reset();
                self.said.clear();
                if std::mem::take(&mut registration.asked_again) {
                    registration.asked_by_hand = true;
                    return self.send_heartbeat(now, effects);
                }
                return self.answer_askers(Ok(()), effects);
            }
            HeartbeatAnswer::UnknownInstance if Plant::UnknownNotHeeded.is_sown() => {
                return registration.missed();
            }
            HeartbeatAnswer::UnknownInstance => {
                self.router_may_know = false;
                self.answer_askers(Err(HeartbeatFailure::UnknownInstance), effects);
                let retry_at = now + self.rejoin_wait();
                let why = WaitingFor::Registration;
                self.state = State::Waiting { retry_at, why };
                return;
            }
            HeartbeatAnswer::StaleIncarnation { message } => {
                return self.stop(StopReason::Replaced { message }, effects);
            }
            HeartbeatAnswer::Evicted { message } => {
                return self.stop(StopReason::Evicted { message }, effects);
            }
            HeartbeatAnswer::Refused { code, message } => {
                HeartbeatFailure::Refused { code, message }
            }
            HeartbeatAnswer::Unanswered(Silence::NoRouter) => HeartbeatFailure::NoRouter,
            HeartbeatAnswer::Unanswered(Silence::TimedOut) => HeartbeatFailure::TimedOut,
            HeartbeatAnswer::Unanswered(Silence::ConnectionLost) => {
                HeartbeatFailure::ConnectionLost
            }
        };
        registration.missed();
        if failure == HeartbeatFailure::NoRouter {
            // Nobody can be flooded by asking sooner, and a router that returns is found sooner.
            registration.try_again_at(now + self.backoff.pause(&mut self.chance));
        }
        self.answer_askers(Err(failure.clone()), effects);
        if matches!(
            failure,
            HeartbeatFailure::NoRouter | HeartbeatFailure::TimedOut
        ) {
            self.say(WaitingFor::Router, effects);
        }
    }

    pub(super) fn on_deregister(&mut self, ask: Ask, confirmed: bool, effects: &mut Vec<Effect>) {
        match self.state {
            State::Deregistering { ask: out } if out == ask => {
                self.stop(StopReason::Deregistered { confirmed }, effects);
            }
            _ => self.drop_stale(),
        }
    }
}
