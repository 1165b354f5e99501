//! That a walk got anywhere: one in which nothing happens proves nothing.

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) admitted: u64,
    pub(crate) welcomed: u64,
    /// Admitted though still joining.
    pub(crate) unwelcomed: u64,
    pub(crate) replaced: u64,
    pub(crate) sent: u64,
    pub(crate) sent_again: u64,
    pub(crate) results: u64,
    pub(crate) errors: u64,
    pub(crate) kept_errors: u64,
    pub(crate) failed: u64,
    pub(crate) unknown: u64,
    pub(crate) abandoned: u64,
    pub(crate) expired: u64,
    pub(crate) closed: u64,
    pub(crate) probes: u64,
    pub(crate) removed: u64,
    pub(crate) late_successes: u64,
    pub(crate) preserved: u64,
    pub(crate) ejected: u64,
    pub(crate) regained: u64,
    /// Became active where another was before.
    pub(crate) succeeded: u64,
    pub(crate) role_conflicts: u64,
}

impl Tally {
    fn all(&mut self) -> [(&'static str, u64, &mut u64); 23] {
        [
            ("events", 20_000, &mut self.events),
            ("admitted", 1_000, &mut self.admitted),
            ("welcomed", 1_000, &mut self.welcomed),
            ("admitted unwelcomed", 50, &mut self.unwelcomed),
            ("replaced", 100, &mut self.replaced),
            ("sent", 1_000, &mut self.sent),
            ("sent again", 100, &mut self.sent_again),
            ("results", 500, &mut self.results),
            ("errors", 100, &mut self.errors),
            ("kept errors", 10, &mut self.kept_errors),
            ("failed", 500, &mut self.failed),
            ("unknown", 100, &mut self.unknown),
            ("abandoned", 50, &mut self.abandoned),
            ("leases expired", 500, &mut self.expired),
            ("lifelines closed", 50, &mut self.closed),
            ("probes", 100, &mut self.probes),
            ("removed", 500, &mut self.removed),
            ("late successes", 10, &mut self.late_successes),
            ("mass silences", 10, &mut self.preserved),
            ("ejected", 5, &mut self.ejected),
            ("brokers regained", 100, &mut self.regained),
            ("actives after a lost one", 20, &mut self.succeeded),
            ("role conflicts", 100, &mut self.role_conflicts),
        ]
    }

    pub(crate) fn add(&mut self, mut other: Tally) {
        for ((_, _, mine), (_, _, theirs)) in self.all().into_iter().zip(other.all()) {
            *mine += *theirs;
        }
    }

    /// A normal run sees enough of everything.
    pub(crate) fn assert_progress(mut self) {
        for (what, least, count) in self.all() {
            assert!(*count >= least, "only {count} {what}");
        }
    }
}
