//! Ordered deadlines. There is no periodic scan: the nearest deadline fires at its instant.
//!
//! Two kinds, kept apart so that calls, which come and go by the hundred thousand a second, never
//! walk through a million leases:
//!
//! - **instance**: its lease may have run out, or it has been unhealthy long enough to be removed.
//!   A heartbeat does not move the entry: it is looked at when it comes up and set again.
//!   Those that only wait for the router to trust itself again stand apart: when it does, they are
//!   all due, and nobody has to move a hundred thousand entries to say so.
//! - **call**: its present attempt's deadline, or its own, has passed.

use std::collections::BTreeSet;
use std::time::Duration;

use aegis_plants::Plant;
use aegis_types::Instant;

use crate::keys::{CallId, InstanceKey};

/// Most deadlines of each kind that one [`crate::Event::DeadlineReached`] takes. Each may end in an
/// event message and a log line: this many keep whoever else waits for less than a few milliseconds.
pub const MAX_DUE_PER_EVENT: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Deadlines {
    pub(crate) instances: BTreeSet<(Instant, InstanceKey)>,
    /// Silent instances that are preserved: due once preserving ends, however it ends.
    pub(crate) preserved: BTreeSet<(Instant, InstanceKey)>,
    pub(crate) calls: BTreeSet<(Instant, CallId)>,
}

impl Deadlines {
    /// The nearest one. `let_go` is when preserving ended; none while it lasts.
    pub(crate) fn next(&self, let_go: Option<Instant>) -> Option<Instant> {
        let mut instance = self.instances.first().map(|(at, _)| *at);
        if Plant::ScanInsteadOfDeadline.is_sown() {
            let scan = instance.map(|at| Duration::from_secs(at.since_origin().as_secs() + 1));
            instance = scan.map(Instant::from_origin);
        }
        let preserved = self
            .preserved
            .first()
            .map(|(at, _)| let_go.map_or(*at, |let_go| let_go.min(*at)));
        let call = self.calls.first().map(|(at, _)| *at);
        [instance, preserved, call].into_iter().flatten().min()
    }

    /// Takes the deadline of one instance, if one is due.
    pub(crate) fn take_due_instance(
        &mut self,
        now: Instant,
        let_go: Option<Instant>,
    ) -> Option<InstanceKey> {
        let preserved = self.preserved.first();
        if preserved.is_some_and(|(at, _)| let_go.is_some() || *at <= now) {
            return self.preserved.pop_first().map(|(_, instance)| instance);
        }
        self.instances.first().filter(|(at, _)| *at <= now)?;
        self.instances.pop_first().map(|(_, instance)| instance)
    }

    /// Takes the entry of an instance out.
    pub(crate) fn remove_instance(&mut self, at: Instant, instance: InstanceKey) {
        if !self.instances.remove(&(at, instance)) {
            self.preserved.remove(&(at, instance));
        }
    }

    /// Takes the deadline of one call, if one is due.
    pub(crate) fn take_due_call(&mut self, now: Instant) -> Option<CallId> {
        self.calls.first().filter(|(at, _)| *at <= now)?;
        self.calls.pop_first().map(|(_, call)| call)
    }
}
