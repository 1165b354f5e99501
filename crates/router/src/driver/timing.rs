//! How long a heartbeat is worked on. Two looks at the clock for each would cost as much as the
//! heartbeat, so that only some are timed.

use std::time::Duration;

use super::Driver;

/// One in so many is timed.
const EVERY: u32 = 64;

/// The clock of the host, and how many heartbeats there were since one was timed.
#[derive(Debug, Default)]
pub(super) struct Timing {
    clock: Option<fn() -> Duration>,
    untimed: u32,
}

impl Timing {
    /// When the work began, if this one is timed. The first is.
    pub(super) fn begin(&mut self) -> Option<Duration> {
        let clock = self.clock?;
        if self.untimed > 0 {
            self.untimed -= 1;
            return None;
        }
        self.untimed = EVERY - 1;
        Some(clock())
    }

    /// How long it took, if this one is timed.
    pub(super) fn end(&self, began: Option<Duration>) -> Option<Duration> {
        let clock = self.clock?;
        let began = began?;
        Some(clock().saturating_sub(began))
    }
}

impl Driver {
    /// The host has a clock that work may be timed with. Nothing is decided by it.
    pub fn set_clock(&mut self, clock: fn() -> Duration) {
        self.timing.clock = Some(clock);
    }
}
