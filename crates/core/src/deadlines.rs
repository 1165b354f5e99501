//! Ordered deadlines. There is no periodic scan: the nearest deadline fires at its instant.
//!
//! Two kinds, kept apart so that calls, which come and go by the hundred thousand a second, never
//! walk through a million leases:
//!
//! - **instance**: its lease may have run out, or it has been unhealthy long enough to be removed.
//!   A heartbeat does not move the entry: it is looked at when it comes up and set again.
//! - **call**: its present attempt's deadline, or its own, has passed.

use std::collections::BTreeSet;

use aegis_types::Instant;

use crate::keys::{CallId, InstanceKey};

/// Most deadlines one [`crate::Event::DeadlineReached`] takes.
pub const MAX_DUE_PER_EVENT: usize = 1_024;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Instance(InstanceKey),
    Call(CallId),
}

#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    pub(crate) instances: BTreeSet<(Instant, InstanceKey)>,
    pub(crate) calls: BTreeSet<(Instant, CallId)>,
}

impl Deadlines {
    pub(crate) fn next(&self) -> Option<Instant> {
        let instance = self.instances.first().map(|(at, _)| *at);
        let call = self.calls.first().map(|(at, _)| *at);
        match (instance, call) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Takes one deadline that is not after `now`. Calls first: their callers wait.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Due> {
        if self.calls.first().is_some_and(|(at, _)| *at <= now) {
            return self.calls.pop_first().map(|(_, call)| Due::Call(call));
        }
        if self.instances.first().is_some_and(|(at, _)| *at <= now) {
            return self
                .instances
                .pop_first()
                .map(|(_, instance)| Due::Instance(instance));
        }
        None
    }
}
