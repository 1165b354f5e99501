//! Admission of a call, and sending it to an instance.

use aegis_plants::Plant;
use aegis_types::{Health, Instant, RetryWish, Safety};
use smallvec::SmallVec;

use super::finish::end_of;
use super::{Attempt, AttemptState, Call, CallFailure, CallFailureKind, Unroutable};
use crate::effect::Effect;
use crate::event::{CallRequest, CallerKind};
use crate::keys::{AttemptNo, CallId, InstanceKey, ServiceKey};
use crate::limit;
use crate::registry::Instance;
use crate::router::Router;
use crate::routing::{Eligibility, Policy, least_in_flight_of_two, round_robin};

impl Router {
    pub(crate) fn on_call(
        &mut self,
        now: Instant,
        request: &CallRequest<'_>,
        effects: &mut Vec<Effect>,
    ) {
        self.counters.calls += 1;
        if let Err(kind) = self.admit_call(now, request) {
            self.counters.failed += 1;
            self.note_turned_away(request, kind);
            let failure = Box::new(CallFailure {
                kind,
                caller: request.caller,
                warming: self.is_warming(),
                attempts: Vec::new(),
            });
            effects.push(Effect::Fail {
                call: request.call,
                failure,
            });
            effects.push(Effect::Forget(request.call));
            return;
        }
        self.advance(now, request.call, effects);
    }

    fn admit_call(
        &mut self,
        now: Instant,
        request: &CallRequest<'_>,
    ) -> Result<(), CallFailureKind> {
        if self.stopping {
            return Err(CallFailureKind::Stopping);
        }
        let service = self
            .registry
            .service_named(request.service)
            .ok_or(CallFailureKind::UnknownService)?;
        if request.timeout.is_zero() {
            return Err(CallFailureKind::Expired);
        }
        if self.calls.len() >= self.config.max_calls_in_flight {
            return Err(self.shed_call(limit::CALLS_IN_FLIGHT));
        }
        let waiting = request
            .connection
            .and_then(|connection| self.calls.callers.get(&connection));
        if waiting.is_some_and(|waiting| *waiting as usize >= self.config.max_calls_per_caller) {
            return Err(self.shed_call(limit::CALLS_PER_CALLER));
        }
        let deadline = now + request.timeout;
        let legacy = request.caller == CallerKind::Legacy;
        let method = self.registry.service(service).method(request.method);
        self.calls.insert(
            request.call,
            Call {
                service,
                method,
                caller: request.caller,
                connection: request.connection,
                wish: if legacy {
                    RetryWish::Proof
                } else {
                    request.wish
                },
                max_instances: request.max_instances.max(1),
                attempt_timeout: request.attempt_timeout,
                excluded: request.excluded.iter().map(|id| Box::from(*id)).collect(),
                received_at: now,
                deadline,
                armed: deadline,
                attempts: SmallVec::new(),
                kept_error: false,
            },
        );
        self.deadlines.calls.insert((deadline, request.call));
        let service = self.registry.service_mut(service);
        service.calls += 1;
        service.in_flight += 1;
        service.budget.deposit(now);
        Ok(())
    }

    fn shed_call(&mut self, limit: &'static str) -> CallFailureKind {
        self.count_shed(limit);
        CallFailureKind::Overloaded { limit }
    }

    /// Sends the call to the next instance; without one, or without time, waits for a lapsed
    /// attempt or answers.
    pub(crate) fn advance(&mut self, now: Instant, id: CallId, effects: &mut Vec<Effect>) {
        let Some(service) = self.calls.one(id).map(|call| call.service) else {
            return;
        };
        let policy = self.policy_of(service);
        let dice = match policy {
            Policy::RoundRobin => 0,
            Policy::LeastInFlight => self.random_token(),
        };
        let Some(call) = self.calls.one(id) else {
            return;
        };
        let one_more = usize::from(Plant::AttemptsOffByOne.is_sown());
        if now < call.deadline
            && call.may_have_run() < usize::from(call.max_instances) + one_more
            && let Some(instance) = self.pick(call, policy, dice)
        {
            self.send(now, id, instance, effects);
        } else if call.has_open() {
            self.arm_call(id);
        } else {
            self.answer_without_result(now, id, effects);
        }
    }

    /// In a panic, with less than half of a service healthy, suspects are used like the others.
    fn eligibility(call: &Call, instance: &Instance, panic: bool) -> Eligibility {
        if !offers(instance, call) || call.excludes(instance) || call.must_not_repeat_on(instance) {
            return Eligibility::No;
        }
        match instance.candidate().eligibility() {
            Eligibility::LastResort if panic => Eligibility::Preferred,
            eligibility => eligibility,
        }
    }

    pub(crate) fn policy_of(&self, service: ServiceKey) -> Policy {
        let service = self.registry.service(service);
        self.config.policy_of(service.name.as_str())
    }

    /// Whose turn it is. The turn is taken only when the call is sent.
    pub(crate) fn pick(&self, call: &Call, policy: Policy, dice: u64) -> Option<InstanceKey> {
        let service = self.registry.service(call.service);
        let panic = service.tally.is_panic();
        let ring = service.turns().filter_map(|(_, key)| {
            let instance = self.registry.instance(key)?;
            let eligibility = Router::eligibility(call, instance, panic);
            Some((key, eligibility, instance.in_flight))
        });
        match policy {
            Policy::RoundRobin => round_robin(ring.map(|(key, eligibility, _)| (key, eligibility))),
            Policy::LeastInFlight => least_in_flight_of_two(ring, dice),
        }
    }

    fn send(&mut self, now: Instant, id: CallId, key: InstanceKey, effects: &mut Vec<Effect>) {
        let Some(call) = self.calls.one_mut(id) else {
            return;
        };
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        instance.in_flight += 1;
        let declared = call.method.and_then(|method| instance.declared(method));
        let safety = match call.caller {
            CallerKind::Native => declared.map_or(Safety::AtMostOnce, |declared| declared.safety),
            CallerKind::Legacy => Safety::AtMostOnce,
        };
        let declared_timeout = declared.and_then(|declared| declared.attempt_timeout);
        let deadline = attempt_deadline(now, call, safety, declared_timeout);
        call.attempts.push(Attempt {
            instance: key,
            id: instance.id.clone(),
            incarnation: instance.incarnation,
            safety,
            sent_at: now,
            deadline,
            state: AttemptState::InFlight,
            ended_at: now,
            unsent: false,
        });
        let before = call.attempts.iter().rev().nth(1).map(end_of);
        let attempt = AttemptNo(call.attempts.len() as u32);
        let call_deadline = call.deadline;
        let turn = instance.turn;
        let key_of_service = call.service;
        let service = self.registry.service_mut(key_of_service);
        service.last_turn = turn;
        if attempt.0 > 1 {
            service.rerouted += 1;
            self.counters.rerouted += 1;
        }
        self.note_attempt(key_of_service, before);
        self.begin_vigil(now, key);
        self.arm_call(id);
        // The handler may use all of the call's time: a late success still answers the call.
        effects.push(Effect::Send {
            call: id,
            attempt,
            instance: key,
            deadline: call_deadline,
        });
    }

    /// Sets the entry of a call in the deadlines to its nearest one.
    pub(crate) fn arm_call(&mut self, id: CallId) {
        let Some(call) = self.calls.one_mut(id) else {
            return;
        };
        let due = call
            .attempts
            .iter()
            .filter(|attempt| attempt.state == AttemptState::InFlight)
            .map(|attempt| attempt.deadline)
            .fold(call.deadline, Instant::min);
        let armed = std::mem::replace(&mut call.armed, due);
        if armed != due {
            self.deadlines.calls.remove(&(armed, id));
            self.deadlines.calls.insert((due, id));
        }
    }

    /// Why nobody can take the call.
    pub(crate) fn unroutable(&self, call: &Call) -> Unroutable {
        let mut counts = Unroutable::default();
        let service = self.registry.service(call.service);
        for key in service.ring.values() {
            let Some(instance) = self.registry.instance(*key) else {
                continue;
            };
            counts.registered += 1;
            let candidate = instance.candidate();
            if !offers(instance, call) {
                counts.without_method += 1;
            } else if call.excludes(instance) {
                counts.excluded += 1;
            } else if candidate.health == Health::Unhealthy {
                counts.unhealthy += 1;
            } else if candidate.health == Health::Joining {
                counts.joining += 1;
            } else if candidate.unreachable {
                counts.unreachable += 1;
            } else if candidate.ejected {
                counts.ejected += 1;
            } else if candidate.full && candidate.is_routable() {
                counts.full += 1;
            } else {
                counts.draining += 1;
            }
        }
        counts
    }
}

/// A legacy instance declares nothing and may offer anything.
fn offers(instance: &Instance, call: &Call) -> bool {
    if !instance.is_native() {
        return true;
    }
    call.method
        .is_some_and(|method| instance.declared(method).is_some())
}

/// An attempt that must not be repeated has all of the call's time. One that may be has its
/// share of what is left, unless caller or method say how long an attempt takes.
fn attempt_deadline(
    now: Instant,
    call: &Call,
    safety: Safety,
    declared: Option<std::time::Duration>,
) -> Instant {
    let repeatable = safety == Safety::Idempotent || call.wish == RetryWish::Unknown;
    let tries_left = usize::from(call.max_instances).saturating_sub(call.may_have_run());
    if !repeatable || tries_left <= 1 {
        return call.deadline;
    }
    let left = call.deadline.saturating_since(now);
    let span = call
        .attempt_timeout
        .or(declared)
        .unwrap_or(left / tries_left as u32);
    call.deadline.min(now + span)
}
