//! Attempts that end because something else happened: their instance went, or time did.

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, Instant, RetryWish, Verdict, may_be_sent_again};

use super::{Attempt, AttemptState, Call};
use crate::effect::Effect;
use crate::health::speaks_against;
use crate::keys::{CallId, InstanceKey};
use crate::router::Router;
use crate::routing::Policy;

impl Router {
    /// Settles everything in flight on an instance, now.
    ///
    /// Walks all calls: that happens once in an instance's life, and only if it has attempts in
    /// flight, while an index would cost every call.
    pub(crate) fn settle_attempts_on(
        &mut self,
        now: Instant,
        key: InstanceKey,
        end: AttemptEnd,
        effects: &mut Vec<Effect>,
    ) {
        let open = self.open_attempts_on(key, Attempt::is_open);
        if !open.is_empty() && matches!(end, AttemptEnd::ConnectionLost | AttemptEnd::InboxGone) {
            self.note_outcome(now, key, true, effects);
        }
        for (id, index) in open {
            self.end_attempt(now, id, index, end, effects);
        }
    }

    /// Settles everything in flight, wherever it is.
    pub(crate) fn settle_all_attempts(
        &mut self,
        now: Instant,
        end: AttemptEnd,
        effects: &mut Vec<Effect>,
    ) {
        let open = self.calls.iter().flat_map(|(id, call)| {
            let attempts = call.attempts.iter().enumerate();
            attempts.filter_map(move |(index, attempt)| attempt.is_open().then_some((id, index)))
        });
        let open: Vec<(CallId, usize)> = open.collect();
        for (id, index) in open {
            self.end_attempt(now, id, index, end, effects);
        }
    }

    /// The router ends: every caller is told what is known, and nothing is sent again. Whose callers want
    /// them carried over an unknown outcome are left as they are: an answer would end them, and without
    /// one they go to the router that serves next.
    pub(crate) fn end_all_calls(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let is_carried_over =
            |call: &Call| call.wish == RetryWish::Unknown && call.may_have_run() > 0;
        let left = self.calls.iter().filter(|(_, call)| !is_carried_over(call));
        let left: Vec<CallId> = left.map(|(id, _)| id).collect();
        for id in left {
            let attempts = self.calls.one(id).map_or(0, |call| call.attempts.len());
            for index in 0..attempts {
                self.close_attempt(now, id, index, AttemptEnd::RouterStopped, effects);
            }
            self.answer_without_result(now, id, effects);
        }
    }

    /// Its lease ran out: silence is weak evidence. What may be repeated goes on elsewhere; what
    /// must not be keeps its chance until the call's deadline.
    pub(crate) fn lapse_attempts_on(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        let in_flight = |attempt: &Attempt| attempt.state == AttemptState::InFlight;
        for (id, index) in self.open_attempts_on(key, in_flight) {
            self.lapse(now, id, index, effects);
        }
    }

    fn open_attempts_on(
        &self,
        key: InstanceKey,
        wanted: impl Fn(&Attempt) -> bool,
    ) -> Vec<(CallId, usize)> {
        let left = self
            .registry
            .instance(key)
            .map_or(0, |instance| instance.in_flight);
        if left == 0 {
            return Vec::new();
        }
        self.calls
            .iter()
            .filter_map(|(id, call)| {
                let on_it = |attempt: &Attempt| attempt.instance == key && wanted(attempt);
                Some((id, call.attempts.iter().position(on_it)?))
            })
            .take(left as usize)
            .collect()
    }

    /// An attempt is over: what the table says happens next, unless another attempt runs.
    pub(crate) fn end_attempt(
        &mut self,
        now: Instant,
        id: CallId,
        index: usize,
        end: AttemptEnd,
        effects: &mut Vec<Effect>,
    ) {
        self.close_attempt(now, id, index, end, effects);
        let Some(call) = self.calls.one(id) else {
            return;
        };
        if call.has_in_flight() {
            self.arm_call(id);
            return;
        }
        let Some(attempt) = call.attempts.get(index) else {
            return;
        };
        let end = attempt.known_end(end);
        match may_be_sent_again(end, attempt.safety, call.wish) {
            Verdict::NextInstance { .. } => self.advance(now, id, effects),
            Verdict::Answer if Plant::AtMostOnceRerouted.is_sown() => {
                self.advance(now, id, effects);
            }
            Verdict::Answer => self.answer_without_result(now, id, effects),
        }
    }

    /// Marks an attempt as over and gives its instance the place back.
    pub(crate) fn close_attempt(
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
        let Some(attempt) = call.attempts.get_mut(index) else {
            return;
        };
        if !attempt.is_open() {
            return;
        }
        let end = attempt.known_end(end);
        let was_lapsed = attempt.state == AttemptState::Lapsed;
        attempt.state = AttemptState::Ended(end);
        attempt.ended_at = now;
        let (instance, safety, sent_at) = (attempt.instance, attempt.safety, attempt.sent_at);
        if !was_lapsed {
            self.attempt_ends.note(end, safety, call.wish);
            let service = call.service;
            self.note_attempt_end(now, service, (instance, sent_at), Some(end));
        }
        // A lapsed attempt was counted then.
        if let Some(failed) = speaks_against(end).filter(|_| !was_lapsed) {
            self.note_outcome(now, instance, failed, effects);
        }
        self.give_back(instance, effects);
    }

    /// One attempt less in flight on an instance; one that has departed goes with its last.
    pub(crate) fn give_back(&mut self, key: InstanceKey, effects: &mut Vec<Effect>) {
        if let Some(instance) = self.registry.instance_mut(key) {
            instance.in_flight = instance.in_flight.saturating_sub(1);
        }
        self.remove_if_idle(key, effects);
    }

    pub(crate) fn remove_if_idle(&mut self, key: InstanceKey, effects: &mut Vec<Effect>) {
        let idle = self
            .registry
            .instance(key)
            .is_some_and(|instance| instance.departed && instance.in_flight == 0);
        if idle {
            self.registry.remove(key);
            effects.push(Effect::Remove { instance: key });
        }
    }

    /// A call's entry came up: its own deadline, or an attempt's.
    pub(crate) fn on_call_due(&mut self, now: Instant, id: CallId, effects: &mut Vec<Effect>) {
        let Some(call) = self.calls.one(id) else {
            return;
        };
        // The entry was taken out: put it back, so that what follows finds it where it says.
        self.deadlines.calls.insert((call.armed, id));
        if call.deadline <= now {
            for index in 0..call.attempts.len() {
                self.close_attempt(now, id, index, AttemptEnd::DeadlinePassed, effects);
            }
            self.answer_without_result(now, id, effects);
            return;
        }
        let due =
            |attempt: &Attempt| attempt.state == AttemptState::InFlight && attempt.deadline <= now;
        if let Some(index) = call.attempts.iter().position(due) {
            self.lapse(now, id, index, effects);
        } else {
            self.arm_call(id);
        }
    }

    /// An attempt took too long. If it may be repeated and there is somebody else, the call goes
    /// on there; if not, the attempt keeps what is left of the call's time.
    fn lapse(&mut self, now: Instant, id: CallId, index: usize, effects: &mut Vec<Effect>) {
        let Some(call) = self.calls.one(id) else {
            return;
        };
        let Some(attempt) = call.attempts.get(index) else {
            return;
        };
        let verdict = may_be_sent_again(AttemptEnd::DeadlinePassed, attempt.safety, call.wish);
        let elsewhere = verdict != Verdict::Answer
            && call.may_have_run() < usize::from(call.max_instances)
            && self.pick(call, Policy::RoundRobin, 0).is_some();
        let service = call.service;
        let elsewhere = elsewhere && self.registry.service_mut(service).budget.withdraw(now);
        let Some(call) = self.calls.one_mut(id) else {
            return;
        };
        let deadline = call.deadline;
        let Some(attempt) = call.attempts.get_mut(index) else {
            return;
        };
        if elsewhere {
            attempt.state = AttemptState::Lapsed;
            attempt.ended_at = now;
            let (instance, safety, sent_at) = (attempt.instance, attempt.safety, attempt.sent_at);
            let end = AttemptEnd::DeadlinePassed;
            self.attempt_ends.note(end, safety, call.wish);
            self.note_attempt_end(now, service, (instance, sent_at), Some(end));
            self.note_outcome(now, instance, true, effects);
            self.advance(now, id, effects);
        } else {
            attempt.deadline = deadline;
            self.arm_call(id);
        }
    }
}
