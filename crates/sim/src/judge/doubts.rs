//! What the router keeps calls from, for reasons that the judge cannot see from outside: it takes
//! the router's word for being in doubt, and judges what it does without.

use std::collections::BTreeSet;
use std::time::Duration;

use aegis_core::{Router, TrustState};
use aegis_types::{HealthReason, Instant};

use super::Judge;
use crate::story::ProcId;

/// Seen at the beginning of this step and of the one before: within one step the order of things
/// is not known.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// The router watches undisturbed since then.
    pub(super) watched_since: Duration,
    /// It expires nobody by silence.
    pub(super) preserves: bool,
    now: Seen,
    before: Seen,
}

#[derive(Debug, Default)]
struct Seen {
    ejected: BTreeSet<ProcId>,
    full: BTreeSet<ProcId>,
    without_budget: BTreeSet<String>,
}

impl Doubts {
    /// Whether it may be kept out since its calls fail.
    pub(super) fn is_ejected(&self, process: &ProcId) -> bool {
        self.now.ejected.contains(process) || self.before.ejected.contains(process)
    }

    /// Whether it may have all the work that it takes at a time.
    pub(super) fn is_full(&self, process: &ProcId) -> bool {
        self.now.full.contains(process) || self.before.full.contains(process)
    }

    /// Whether a service may have no retry left.
    pub(super) fn lacks_budget(&self, service: &str) -> bool {
        self.now.without_budget.contains(service) || self.before.without_budget.contains(service)
    }
}

impl Judge {
    /// Looks at the router's doubts, at the beginning of each step.
    pub(crate) fn look(&mut self, now: Duration, core: &Router, trust: (TrustState, Duration)) {
        let (trust, since) = trust;
        if trust == TrustState::Warming {
            self.doubts.watched_since = since;
        }
        self.doubts.preserves = trust == TrustState::Preserving;
        let ejected = core.instances().filter(|view| view.ejected_until.is_some());
        let full = core
            .instances()
            .filter(|view| view.in_flight >= view.capacity);
        self.met.count("trust", trust.as_str());
        let seen = Seen {
            full: full.filter_map(|view| self.process_of(&view)).collect(),
            ejected: ejected.filter_map(|view| self.process_of(&view)).collect(),
            // As of their last call: what comes back with time may be used up again before the next look.
            without_budget: core
                .services()
                .filter(|service| service.retries_left(Instant::ZERO) == 0)
                .map(|service| service.name.to_string())
                .collect(),
        };
        let ejected = seen.ejected.difference(&self.doubts.now.ejected).count();
        let readmitted = self.doubts.now.ejected.difference(&seen.ejected).count();
        self.met
            .add("health", HealthReason::Ejected.code(), ejected as u64);
        self.met
            .add("health", HealthReason::Readmitted.code(), readmitted as u64);
        self.doubts.before = std::mem::replace(&mut self.doubts.now, seen);
        debug_assert!(self.doubts.watched_since <= now);
    }
}
