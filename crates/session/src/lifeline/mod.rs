//! Registration and heartbeats of one instance.
//!
//! ```text
//! disconnected --connected--> waiting --retry_at--> preparing --inbox in force--> registering --accepted--> registered
//!      ^                         ^                      |                            |                        |
//!      |                         +-- not in force ------+-- no router, refused for now, silence               |
//!      |                         +---------------------- unknown to the router -------------------------------+
//!      +-- connection lost (from every state that is not an end)
//! registered --deregister asked--> deregistering --answered--> stopped
//! registering --refused for good--> stopped       registered --stale incarnation, evicted--> stopped
//! ```
//!
//! What always holds (`check_invariants`, and the property tests beside it):
//!
//! 1. At most one question is out; its number is the last one given, and no other answer counts.
//! 2. A registration goes out only after the inbox was found in force on this connection, since the
//!    last loss.
//! 3. One event sends at most one heartbeat, however long the machine slept.
//! 4. While disconnected nothing is sent, and no timer runs.
//! 5. After `Stopped` nothing happens any more.
//! 6. After every event, the next deadline lies in the future.

mod answers;
mod effect;
mod event;
mod invariants;
mod registration;
mod settings;
mod state;
mod status;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aegis_types::Instant;

pub use effect::Effect;
pub use event::{Ask, Event, HeartbeatAnswer, RegisterAnswer, Silence};
use settings::longest_interval;
pub use settings::{
    ANSWER_TIMEOUT, HEARTBEAT_TIMEOUTS, HEARTBEATS_IN_LEASE, Heartbeats, LeaseToken,
    REGISTER_PAUSES, REJOIN_JITTER,
};
use state::State;
pub use status::{HeartbeatFailure, HeartbeatStatus, StopReason, WaitingFor};

use crate::{Backoff, Chance};

/// The machine. One per instance; kept over every reconnect.
#[derive(Clone, Debug)]
pub struct Lifeline {
    heartbeats: Heartbeats,
    chance: Chance,
    backoff: Backoff,
    state: State,
    last_ask: Ask,
    connected_before: bool,
    registered_before: bool,
    /// As the router told it last; it may be shorter than the asked interval makes one think.
    lease_ttl: Option<Duration>,
    /// A registration was sent whose end the router has not confirmed.
    router_may_know: bool,
    /// What was said since the last registration, so that it is said once.
    said: Vec<WaitingFor>,
    /// Answers to questions that no longer mattered.
    stale_answers: u64,
}

impl Lifeline {
    /// A lifeline that waits for its first connection.
    pub fn new(heartbeats: Heartbeats, seed: u64) -> Lifeline {
        let (first, longest) = REGISTER_PAUSES;
        Lifeline {
            heartbeats,
            chance: Chance::seeded(seed),
            backoff: Backoff::new(first, longest),
            state: State::Disconnected,
            last_ask: 0,
            connected_before: false,
            registered_before: false,
            lease_ttl: None,
            router_may_know: false,
            said: Vec::new(),
            stale_answers: 0,
        }
    }

    /// Takes one event at `now` and adds what must be done to `effects`.
    pub fn handle(&mut self, now: Instant, event: Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Connected => self.on_connected(now),
            Event::ConnectionLost => self.on_connection_lost(effects),
            Event::InboxPrepared { ask, ready } => self.on_inbox(now, ask, ready, effects),
            Event::RegisterAnswered { ask, answer } => self.on_register(now, ask, answer, effects),
            Event::HeartbeatAnswered { ask, answer } => {
                self.on_heartbeat(now, ask, answer, effects);
            }
            Event::DeregisterAnswered { ask, confirmed } => {
                self.on_deregister(ask, confirmed, effects);
            }
            Event::HeartbeatAsked => self.on_heartbeat_asked(now, effects),
            Event::DeregisterAsked => self.on_deregister_asked(effects),
            Event::TimerFired => {}
        }
        self.take_due(now, effects);
    }

    /// When to call [`Lifeline::handle`] with [`Event::TimerFired`] if nothing happens before.
    pub fn next_deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Waiting { retry_at, .. } => Some(*retry_at),
            State::Registered(registration) => registration.next_due(),
            _ => None,
        }
    }

    /// What is true at `now`.
    pub fn status(&self, now: Instant) -> HeartbeatStatus {
        match &self.state {
            State::Registered(registration) => registration.status(now),
            State::Stopped(reason) => HeartbeatStatus::Stopped(reason.clone()),
            State::Disconnected => HeartbeatStatus::Waiting(WaitingFor::Broker),
            State::Waiting { why, .. } => HeartbeatStatus::Waiting(why.clone()),
            State::Preparing { .. } => HeartbeatStatus::Waiting(WaitingFor::Inbox),
            State::Registering { .. } | State::Deregistering { .. } => {
                HeartbeatStatus::Waiting(WaitingFor::Registration)
            }
        }
    }

    /// How many answers came too late to matter.
    pub const fn stale_answers(&self) -> u64 {
        self.stale_answers
    }

    fn on_connected(&mut self, now: Instant) {
        if !matches!(self.state, State::Disconnected) {
            return;
        }
        let again = std::mem::replace(&mut self.connected_before, true);
        self.backoff.reset();
        let wait = match again {
            true => self.rejoin_wait(),
            false => Duration::ZERO,
        };
        self.state = State::Waiting {
            retry_at: now + wait,
            why: WaitingFor::Registration,
        };
    }

    fn on_connection_lost(&mut self, effects: &mut Vec<Effect>) {
        match &self.state {
            State::Disconnected | State::Stopped(_) => {}
            State::Deregistering { .. } | State::Registering { leaving: true, .. } => {
                self.stop(StopReason::Deregistered { confirmed: false }, effects);
            }
            _ => {
                self.answer_askers(Err(HeartbeatFailure::ConnectionLost), effects);
                self.state = State::Disconnected;
                self.say(WaitingFor::Broker, effects);
            }
        }
    }

    fn on_heartbeat_asked(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if let State::Registered(registration) = &mut self.state {
            if registration.heartbeat_out().is_some() {
                registration.asked_again = true;
            } else {
                registration.asked_by_hand = true;
                self.send_heartbeat(now, effects);
            }
            return;
        }
        let failure = match self.status(now) {
            HeartbeatStatus::Stopped(reason) => HeartbeatFailure::Stopped(reason),
            HeartbeatStatus::Waiting(why) => HeartbeatFailure::NotRegistered(why),
            _ => HeartbeatFailure::NotRegistered(WaitingFor::Registration),
        };
        effects.push(Effect::AnswerAskers(Err(failure)));
    }

    fn on_deregister_asked(&mut self, effects: &mut Vec<Effect>) {
        match &mut self.state {
            State::Registered(registration) => {
                let token = registration.token();
                let reason = StopReason::Deregistered { confirmed: false };
                self.answer_askers(Err(HeartbeatFailure::Stopped(reason)), effects);
                self.deregister(token, effects);
            }
            State::Registering { leaving, .. } => *leaving = true,
            State::Deregistering { .. } | State::Stopped(_) => {}
            State::Disconnected | State::Waiting { .. } | State::Preparing { .. } => {
                let confirmed = !self.router_may_know;
                self.stop(StopReason::Deregistered { confirmed }, effects);
            }
        }
    }

    /// Whatever is due at `now`.
    fn take_due(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if self.next_deadline().is_none_or(|due| due > now) {
            return;
        }
        match self.state {
            State::Waiting { .. } => {
                let ask = self.next_ask();
                self.state = State::Preparing { ask };
                let timeout = ANSWER_TIMEOUT;
                effects.push(Effect::PrepareInbox { ask, timeout });
            }
            State::Registered(_) => self.send_heartbeat(now, effects),
            _ => {}
        }
    }

    fn send_heartbeat(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let ask = self.next_ask();
        if let State::Registered(registration) = &mut self.state {
            let timeout = registration.heartbeat_sent(now, ask);
            let token = registration.token();
            effects.push(Effect::Heartbeat {
                ask,
                token,
                timeout,
            });
        }
    }

    fn deregister(&mut self, token: LeaseToken, effects: &mut Vec<Effect>) {
        let ask = self.next_ask();
        self.state = State::Deregistering { ask };
        effects.push(Effect::Deregister {
            ask,
            token,
            timeout: ANSWER_TIMEOUT,
        });
    }

    /// `wait`, or less for an instance that would be silent for too long by then.
    fn at_most(&self, wait: Duration) -> Duration {
        let waits = [
            self.heartbeats.interval(),
            self.lease_ttl.map(longest_interval),
        ];
        waits.into_iter().flatten().fold(wait, Duration::min)
    }

    fn rejoin_wait(&mut self) -> Duration {
        let longest = self.at_most(REJOIN_JITTER);
        self.chance.up_to(longest)
    }

    fn wait(&mut self, now: Instant, why: WaitingFor, effects: &mut Vec<Effect>) {
        let (_, longest) = REGISTER_PAUSES;
        let limit = match why {
            // It was heard, and is asked to come back later.
            WaitingFor::Refusal { .. } => longest,
            _ => self.at_most(longest),
        };
        let retry_at = now + self.backoff.pause_within(limit, &mut self.chance);
        self.say(why.clone(), effects);
        self.state = State::Waiting { retry_at, why };
    }

    fn stop(&mut self, reason: StopReason, effects: &mut Vec<Effect>) {
        self.answer_askers(Err(HeartbeatFailure::Stopped(reason.clone())), effects);
        effects.push(Effect::ReportStopped(reason.clone()));
        self.state = State::Stopped(reason);
    }

    fn say(&mut self, why: WaitingFor, effects: &mut Vec<Effect>) {
        let kind = std::mem::discriminant(&why);
        if self
            .said
            .iter()
            .all(|said| std::mem::discriminant(said) != kind)
        {
            self.said.push(why.clone());
            effects.push(Effect::ReportWaiting(why));
        }
    }

    fn answer_askers(&mut self, answer: Result<(), HeartbeatFailure>, effects: &mut Vec<Effect>) {
        if let State::Registered(registration) = &mut self.state
            && registration.take_askers()
        {
            effects.push(Effect::AnswerAskers(answer));
        }
    }

    const fn next_ask(&mut self) -> Ask {
        self.last_ask += 1;
        self.last_ask
    }

    const fn drop_stale(&mut self) {
        self.stale_answers += 1;
    }
}
