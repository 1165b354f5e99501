use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_session::admission::Refusal;
use aegis_session::timing::Timing;
use aegis_types::Instant;

use crate::clock;

/// The router's clock and this process's own stalls, for everybody: the lifeline's thread writes,
/// the work connection asks.
pub(crate) struct Pace(Mutex<Timing>);

impl Pace {
    pub(super) fn new() -> Pace {
        Pace(Mutex::new(Timing::new(clock::now())))
    }

    /// Until when a request read now may be started.
    pub(crate) fn deadline(
        &self,
        now: Instant,
        left: Duration,
        deadline: Option<Instant>,
    ) -> Result<Instant, Refusal> {
        self.timing().deadline(now, left, deadline)
    }

    pub(super) fn ticked(&self) -> Option<Duration> {
        self.timing().ticked(clock::now())
    }

    pub(super) fn forget_router(&self) {
        self.timing().forget_router(clock::now());
    }

    pub(super) fn heard(&self, sent_at: Instant, router_now: Duration) {
        let router_now = Instant::from_origin(router_now);
        self.timing().heard(sent_at, clock::now(), router_now);
    }

    fn timing(&self) -> MutexGuard<'_, Timing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
