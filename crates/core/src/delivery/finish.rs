//! The one answer of a call, and its end.

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, Instant, Outcome};

use super::{Attempt, AttemptReport, AttemptState, Call, CallFailure, CallFailureKind};
use crate::effect::Effect;
use crate::keys::{CallId, ConnectionId};
use crate::limit;
use crate::metrics::CallOutcome;
use crate::router::Router;

impl Router {
    /// Nothing more can be done: says so, with what is known about whether it ran.
    pub(crate) fn answer_without_result(
        &mut self,
        now: Instant,
        id: CallId,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.one(id) else {
            return;
        };
        let unknown = call
            .attempts
            .iter()
            .rev()
            .find(|a| a.outcome() == Outcome::Unknown);
        if let Some(unknown) = unknown {
            let last = end_of(unknown);
            self.fail(now, id, CallFailureKind::OutcomeUnknown { last }, effects);
        } else if call.kept_error {
            let attempts = reports(now, call);
            effects.push(Effect::PassKeptError { call: id, attempts });
            self.end_call(now, id, CallOutcome::HandlerError, effects);
        } else if call.attempts.iter().any(|a| a.outcome() == Outcome::Ran) {
            self.fail(now, id, CallFailureKind::InvalidReply, effects);
        } else {
            let kind = self.nobody_took(now, call);
            if let CallFailureKind::Overloaded { limit } = kind {
                self.count_shed(limit);
            }
            self.fail(now, id, kind, effects);
        }
    }

    fn nobody_took(&self, now: Instant, call: &Call) -> CallFailureKind {
        if call.deadline <= now {
            return CallFailureKind::DeadlinePassed;
        }
        let counts = self.unroutable(call);
        if counts.full > 0 && call.attempts.is_empty() {
            CallFailureKind::Overloaded {
                limit: limit::CALLS_PER_INSTANCE,
            }
        } else if counts.registered > 0 && counts.without_method == counts.registered {
            CallFailureKind::UnknownMethod
        } else {
            CallFailureKind::NoRoutableInstance(counts)
        }
    }

    pub(crate) fn fail(
        &mut self,
        now: Instant,
        id: CallId,
        kind: CallFailureKind,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.one(id) else {
            return;
        };
        let attempts = reports(now, call);
        let failure = Box::new(CallFailure {
            kind,
            caller: call.caller,
            warming: self.is_warming(),
            attempts,
        });
        self.counters.failed += 1;
        let service = call.service;
        self.registry.service_mut(service).failed += 1;
        self.note_failure(Some(service), kind);
        effects.push(Effect::Fail { call: id, failure });
        let outcome = CallOutcome::of_failure(kind.outcome());
        self.end_call(now, id, outcome, effects);
    }

    /// The call is over: everything held for it is given back.
    pub(crate) fn end_call(
        &mut self,
        now: Instant,
        id: CallId,
        outcome: CallOutcome,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.remove(id) else {
            return;
        };
        self.note_call_end(now, &call, outcome);
        self.deadlines.calls.remove(&(call.armed, id));
        self.registry.service_mut(call.service).in_flight -= 1;
        for attempt in call.attempts.iter().filter(|attempt| attempt.is_open()) {
            self.give_back(attempt.instance, effects);
        }
        effects.push(Effect::Forget(id));
    }

    /// Nobody is left to answer.
    pub(crate) fn drop_calls_from(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        effects: &mut Vec<Effect>,
    ) {
        let waiting = self.calls.callers.get(&connection);
        let Some(waiting) = waiting.filter(|_| !Plant::CallLeakedOnDisconnect.is_sown()) else {
            return;
        };
        let from_it: Vec<CallId> = self
            .calls
            .iter()
            .filter(|(_, call)| call.connection == Some(connection))
            .map(|(id, _)| id)
            .take(*waiting as usize)
            .collect();
        for id in from_it {
            self.counters.abandoned += 1;
            self.end_call(now, id, CallOutcome::Abandoned, effects);
        }
    }
}

pub(super) fn end_of(attempt: &Attempt) -> AttemptEnd {
    match attempt.state {
        AttemptState::Ended(end) => end,
        AttemptState::InFlight | AttemptState::Lapsed => AttemptEnd::DeadlinePassed,
    }
}

/// Every attempt, in order, as the caller is told.
pub(super) fn reports(now: Instant, call: &Call) -> Vec<AttemptReport> {
    call.attempts
        .iter()
        .map(|attempt| report(now, attempt))
        .collect()
}

fn report(now: Instant, attempt: &Attempt) -> AttemptReport {
    let ended_at = if attempt.is_open() {
        now
    } else {
        attempt.ended_at
    };
    AttemptReport {
        instance: attempt.id.clone(),
        incarnation: attempt.incarnation,
        end: end_of(attempt),
        after: ended_at.saturating_since(attempt.sent_at),
    }
}
