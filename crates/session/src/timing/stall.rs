use std::time::Duration;

use aegis_types::Instant;

use super::STALL;

/// Whether this process did not run for a while: stopped by a signal, suspended with its machine,
/// or starved.
///
/// The lifeline's thread ticks, and it runs nothing of the user's: busy handlers are no stall. The
/// gap is looked at by whoever runs first after it, since the work connection may read what came
/// meanwhile before the lifeline's thread gets to say that it overslept.
#[derive(Clone, Debug)]
pub(super) struct Stall {
    last_tick: Instant,
    /// When the last stall was found, while nothing sent since was answered.
    found_at: Option<Instant>,
}

impl Stall {
    pub(super) const fn new(now: Instant) -> Stall {
        Stall {
            last_tick: now,
            found_at: None,
        }
    }

    pub(super) fn ticked(&mut self, now: Instant) -> Option<Duration> {
        let gap = now.saturating_since(self.last_tick);
        self.last_tick = now;
        if gap <= STALL {
            return None;
        }
        self.found_at = Some(now);
        Some(gap)
    }

    pub(super) fn heard(&mut self, sent_at: Instant) {
        if self.found_at.is_some_and(|found_at| sent_at >= found_at) {
            self.found_at = None;
        }
    }

    pub(super) fn is_felt(&self, now: Instant) -> bool {
        self.found_at.is_some() || now.saturating_since(self.last_tick) > STALL
    }
}
