//! Ordered deadlines. There is no periodic scan: the nearest deadline fires at its instant.
//!
//! Two kinds, kept apart so that calls, which come and go by the hundred thousand a second, never
//! walk through a million leases:
//!
//! - **instance**: its lease may have run out, or it has been unhealthy long enough to be removed.
//!   A heartbeat does not move the entry: it is looked at when it comes up and set again.
//! - **call**: its present attempt's deadline, or its own, has passed.

use std::collections::BTreeSet;
use std::time::Duration;

use aegis_plants::Plant;
use aegis_types::Instant;

use crate::keys::{CallId, InstanceKey};

/// Most deadlines of each kind that one [`crate::Event::DeadlineReached`] takes.
pub const MAX_DUE_PER_EVENT: usize = 1_024;

#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    pub(crate) instances: BTreeSet<(Instant, InstanceKey)>,
    pub(crate) calls: BTreeSet<(Instant, CallId)>,
}

impl Deadlines {
    pub(crate) fn next(&self) -> Option<Instant> {
        let mut instance = self.instances.first().map(|(at, _)| *at);
        if Plant::ScanInsteadOfDeadline.is_sown() {
            let scan = instance.map(|at| Duration::from_secs(at.since_origin().as_secs() + 1));
            instance = scan.map(Instant::from_origin);
        }
        let call = self.calls.first().map(|(at, _)| *at);
        match (instance, call) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Takes the deadline of one instance, if one is due.
    pub(crate) fn take_due_instance(&mut self, now: Instant) -> Option<InstanceKey> {
        self.instances.first().filter(|(at, _)| *at <= now)?;
        self.instances.pop_first().map(|(_, instance)| instance)
    }

    /// Takes the deadline of one call, if one is due.
    pub(crate) fn take_due_call(&mut self, now: Instant) -> Option<CallId> {
        self.calls.first().filter(|(at, _)| *at <= now)?;
        self.calls.pop_first().map(|(_, call)| call)
    }
}
