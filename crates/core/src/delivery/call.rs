use std::time::Duration;

use rustc_hash::FxHashMap;
use slotmap::{DefaultKey, SecondaryMap};
use smallvec::SmallVec;

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, Instant, Outcome, RetryWish, Safety};

use super::{Attempt, AttemptState};
use crate::event::CallerKind;
use crate::keys::{CallId, ConnectionId, MethodKey, ServiceKey};
use crate::registry::Instance;

/// One call in flight.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) service: ServiceKey,
    /// None if no instance of the service ever declared it.
    pub(crate) method: Option<MethodKey>,
    pub(crate) caller: CallerKind,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) wish: RetryWish,
    pub(crate) max_instances: u8,
    pub(crate) attempt_timeout: Option<Duration>,
    /// Ids the caller excluded. Those already tried are found in `attempts`.
    pub(crate) excluded: Vec<Box<str>>,
    pub(crate) received_at: Instant,
    pub(crate) deadline: Instant,
    /// The entry in the deadlines.
    pub(crate) armed: Instant,
    /// One is common, and costs no allocation.
    pub(crate) attempts: SmallVec<[Attempt; 1]>,
    /// The driver keeps a handler's error as the answer of last resort.
    pub(crate) kept_error: bool,
}

impl Call {
    /// Attempts that ran or may have run.
    pub(crate) fn may_have_run(&self) -> usize {
        self.attempts
            .iter()
            .filter(|attempt| attempt.outcome() != Outcome::NotRun)
            .count()
    }

    pub(crate) fn has_in_flight(&self) -> bool {
        self.attempts
            .iter()
            .any(|attempt| attempt.state == AttemptState::InFlight)
    }

    pub(crate) fn has_open(&self) -> bool {
        self.attempts.iter().any(Attempt::is_open)
    }

    /// The end of the router's own connection says nothing against the instance, nor does what never
    /// left the router: it may be tried again.
    /// Exclusions are lives: a new incarnation under a tried id may be tried, a tried one that
    /// registered anew may not.
    pub(crate) fn excludes(&self, instance: &Instance) -> bool {
        let id = instance.id.as_str();
        let is_tried = self.attempts.iter().any(|attempt| {
            attempt.incarnation == instance.incarnation
                && attempt.id == instance.id
                && !matches!(
                    attempt.state,
                    AttemptState::Ended(AttemptEnd::BrokerLost | AttemptEnd::Unsent)
                )
        });
        let is_excluded = self.excluded.iter().any(|excluded| **excluded == *id);
        is_tried && !Plant::TriedInstanceTriedAgain.is_sown()
            || is_excluded && !Plant::ExclusionIgnored.is_sown()
    }

    /// It may have run, and running it here as well would hurt: what any instance says about
    /// running twice holds, the stricter word first.
    pub(crate) fn must_not_repeat_on(&self, instance: &Instance) -> bool {
        let is_careless = Plant::AtMostOnceRerouted.is_sown();
        if self.wish == RetryWish::Unknown || self.may_have_run() == 0 || is_careless {
            return false;
        }
        let declared = self.method.and_then(|method| instance.declared(method));
        declared.is_none_or(|declared| declared.safety == Safety::AtMostOnce)
    }
}

/// All calls in flight, and how many each connection waits for.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    by_id: SecondaryMap<DefaultKey, Call>,
    pub(crate) callers: FxHashMap<ConnectionId, u32>,
}

impl Calls {
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn one(&self, id: CallId) -> Option<&Call> {
        self.by_id.get(id.0)
    }

    pub(crate) fn one_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.by_id.get_mut(id.0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (CallId, &Call)> {
        self.by_id.iter().map(|(id, call)| (CallId(id), call))
    }

    pub(crate) fn insert(&mut self, id: CallId, call: Call) {
        if let Some(connection) = call.connection {
            *self.callers.entry(connection).or_default() += 1;
        }
        self.by_id.insert(id.0, call);
    }

    pub(crate) fn remove(&mut self, id: CallId) -> Option<Call> {
        let call = self.by_id.remove(id.0)?;
        if let Some(connection) = call.connection
            && let Some(waiting) = self.callers.get_mut(&connection)
        {
            *waiting -= 1;
            if *waiting == 0 {
                self.callers.remove(&connection);
            }
        }
        Some(call)
    }
}
