//! What comes back: replies and proofs of non-delivery, each for exactly one attempt.

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, HealthReason, Instant, Verdict, may_be_sent_again};

use super::finish::reports;
use super::{AttemptState, Call, CallFailureKind};
use crate::effect::Effect;
use crate::event::ReplyKind;
use crate::keys::{AttemptNo, CallId, InstanceKey};
use crate::metrics::CallOutcome;
use crate::router::Router;

impl Router {
    pub(crate) fn on_reply(
        &mut self,
        now: Instant,
        id: CallId,
        attempt: AttemptNo,
        reply: ReplyKind,
        effects: &mut Vec<Effect>,
    ) {
        let Some((index, instance, state)) = self.attempt_answered(id, attempt) else {
            self.counters.late_replies += 1;
            return;
        };
        self.on_reply_heard(now, instance, effects);
        match (reply, state) {
            (_, AttemptState::Lapsed) if Plant::LateSuccessDropped.is_sown() => {}
            (ReplyKind::Success, _) => {
                self.pass_reply(now, id, attempt, index, effects);
            }
            (_, AttemptState::Ended(_)) => self.counters.late_replies += 1,
            (ReplyKind::HandlerError { retryable }, _) => {
                let end = AttemptEnd::HandlerError { retryable };
                self.on_handler_error(now, id, index, end, effects);
            }
            (ReplyKind::Refused, _) => {
                self.end_attempt(now, id, index, AttemptEnd::Refused, effects);
            }
            (ReplyKind::Invalid, _) => {
                self.on_invalid_reply(now, id, index, effects);
            }
        }
    }

    fn pass_reply(
        &mut self,
        now: Instant,
        id: CallId,
        attempt: AttemptNo,
        index: usize,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.one(id) else {
            return;
        };
        let Some(answered) = call.attempts.get(index) else {
            return;
        };
        let (instance, key) = (answered.id.clone(), answered.instance);
        // One that had ended or lapsed was counted then.
        if answered.state == AttemptState::InFlight {
            let (service, sent_at) = (call.service, answered.sent_at);
            self.note_attempt_end(now, service, (key, sent_at), None);
        }
        self.note_outcome(now, key, false, effects);
        effects.push(Effect::PassReply {
            call: id,
            attempt,
            instance,
        });
        self.end_call(now, id, CallOutcome::Ok, effects);
    }

    /// The attempt a reply belongs to, if its call is open and the same life still registered:
    /// a reply of an old incarnation never answers.
    fn attempt_answered(
        &self,
        id: CallId,
        attempt: AttemptNo,
    ) -> Option<(usize, InstanceKey, AttemptState)> {
        let index = (attempt.0 as usize).checked_sub(1)?;
        let attempt = self.calls.one(id)?.attempts.get(index)?;
        if !Plant::OldIncarnationAnswers.is_sown() {
            self.registry.instance(attempt.instance)?;
        }
        Some((index, attempt.instance, attempt.state))
    }

    fn on_handler_error(
        &mut self,
        now: Instant,
        id: CallId,
        index: usize,
        end: AttemptEnd,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.one_mut(id) else {
            return;
        };
        let Some(attempt) = call.attempts.get(index) else {
            return;
        };
        let verdict = may_be_sent_again(end, attempt.safety, call.wish);
        let service = call.service;
        let again =
            verdict != Verdict::Answer && self.registry.service_mut(service).budget.withdraw(now);
        let Some(call) = self.calls.one_mut(id) else {
            return;
        };
        let Some(attempt) = call.attempts.get(index) else {
            return;
        };
        match verdict {
            Verdict::NextInstance { .. } if again => {
                call.kept_error = true;
                effects.push(Effect::KeepError { call: id });
                self.end_attempt(now, id, index, end, effects);
            }
            // Another attempt runs and may still succeed: only a success may overtake it.
            Verdict::Answer if attempt.state == AttemptState::Lapsed && call.has_in_flight() => {
                call.kept_error = true;
                effects.push(Effect::KeepError { call: id });
                self.close_attempt(now, id, index, end, effects);
            }
            Verdict::Answer | Verdict::NextInstance { .. } => {
                self.close_attempt(now, id, index, end, effects);
                let attempts = self
                    .calls
                    .one(id)
                    .map_or_else(Vec::new, |call| reports(now, call));
                effects.push(Effect::PassError { call: id, attempts });
                self.end_call(now, id, CallOutcome::HandlerError, effects);
            }
        }
    }

    fn on_invalid_reply(
        &mut self,
        now: Instant,
        id: CallId,
        index: usize,
        effects: &mut Vec<Effect>,
    ) {
        self.close_attempt(now, id, index, AttemptEnd::InvalidReply, effects);
        // As with an error: what came late does not end what still runs.
        if self.calls.one(id).is_some_and(Call::has_in_flight) {
            self.counters.late_replies += 1;
        } else {
            self.fail(now, id, CallFailureKind::InvalidReply, effects);
        }
    }

    /// Proof that it did not run, and no word about the instance. Without a connection it waits for one,
    /// or for its deadline. What the connection takes no more of would not leave to another instance
    /// either, so the caller is told.
    pub(crate) fn on_unsent(
        &mut self,
        now: Instant,
        id: CallId,
        attempt: AttemptNo,
        limit: Option<&'static str>,
        effects: &mut Vec<Effect>,
    ) {
        let Some((index, _, state)) = self.attempt_answered(id, attempt) else {
            return;
        };
        let call = self.calls.one_mut(id);
        let attempt = call.and_then(|call| call.attempts.get_mut(index));
        if let Some(attempt) = attempt.filter(|_| !matches!(state, AttemptState::Ended(_))) {
            attempt.unsent = true;
        } else {
            return;
        }
        let Some(limit) = limit else {
            return;
        };
        self.close_attempt(now, id, index, AttemptEnd::Unsent, effects);
        let Some(call) = self.calls.one(id) else {
            return;
        };
        if call.has_open() {
            self.arm_call(id);
        } else if call.may_have_run() > 0 {
            self.answer_without_result(now, id, effects);
        } else {
            self.count_shed(limit);
            self.fail(now, id, CallFailureKind::Overloaded { limit }, effects);
        }
    }

    /// Charged to exactly this attempt: one that ended otherwise is not touched. What else is in flight
    /// there is settled by the probe that this causes.
    pub(crate) fn on_no_responders(
        &mut self,
        now: Instant,
        id: CallId,
        attempt: AttemptNo,
        effects: &mut Vec<Effect>,
    ) {
        let Some((index, instance, state)) = self.attempt_answered(id, attempt) else {
            return;
        };
        if matches!(state, AttemptState::Ended(_)) {
            return;
        }
        let first = self.is_reached(instance);
        self.on_unreachable(now, instance, HealthReason::NoResponders, effects);
        if first {
            self.note_outcome(now, instance, true, effects);
            self.ask_unseen(now, instance, effects);
        }
        if Plant::UnheardEndsCall.is_sown() {
            self.close_attempt(now, id, index, AttemptEnd::NoResponders, effects);
            return self.answer_without_result(now, id, effects);
        }
        self.end_attempt(now, id, index, AttemptEnd::NoResponders, effects);
    }
}
