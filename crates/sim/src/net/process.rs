use std::time::Duration;

use aegis_types::Instant;

use super::LinkId;

/// What is true of a process whatever it does.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) is_alive: bool,
    pub(crate) paused_until: Duration,
    /// What it sends arrives no earlier: its uplink is slow, or cut.
    pub(crate) stalled_until: Duration,
    /// What is sent to it arrives no earlier: its downlink is cut.
    pub(crate) unheard_until: Duration,
    /// Until then what is sent to it takes long.
    pub(crate) slow_until: Duration,
    pub(crate) clock: Clock,
    pub(crate) links: Vec<LinkId>,
}

impl Process {
    pub(super) fn new(clock: Clock) -> Process {
        Process {
            is_alive: true,
            paused_until: Duration::ZERO,
            stalled_until: Duration::ZERO,
            unheard_until: Duration::ZERO,
            slow_until: Duration::ZERO,
            clock,
            links: Vec::new(),
        }
    }
}

const MILLION: u128 = 1_000_000;

/// The clock of a process: it counts from an origin of its own, a little too fast or too slow, and
/// may leap ahead, as when its machine was suspended or moved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// What it showed at `read_at`.
    shown: Duration,
    read_at: Duration,
    /// Parts per million that it counts for a million true ones.
    rate: u32,
    /// When it last leapt, in true time.
    pub(crate) leapt_at: Duration,
}

impl Clock {
    pub(crate) fn new(now: Duration, shown: Duration, rate: u32) -> Clock {
        Clock {
            shown,
            read_at: now,
            rate,
            leapt_at: Duration::ZERO,
        }
    }

    pub(crate) fn read(&self, now: Duration) -> Instant {
        let passed = now.saturating_sub(self.read_at).as_nanos();
        let counted = passed * u128::from(self.rate) / MILLION;
        Instant::from_origin(self.shown + nanos(counted))
    }

    /// The first true instant at which it shows `shown`, at the earliest when it was last set.
    pub(crate) fn shows(&self, shown: Instant) -> Duration {
        let left = shown.since_origin().saturating_sub(self.shown).as_nanos();
        let passed = (left * MILLION).div_ceil(u128::from(self.rate));
        self.read_at + nanos(passed)
    }

    pub(crate) fn leap(&mut self, now: Duration, by: Duration) {
        self.shown = self.read(now).since_origin() + by;
        self.read_at = now;
        self.leapt_at = now;
    }
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_an_instant_at_the_true_time_it_says() {
        for rate in [990_000, 1_000_000, 1_010_000] {
            let now = Duration::from_secs(3);
            let mut clock = Clock::new(now, Duration::from_secs(70), rate);
            clock.leap(Duration::from_secs(5), Duration::from_secs(2));
            let wanted = Instant::from_origin(Duration::from_millis(75_123));
            let at = clock.shows(wanted);
            assert!(clock.read(at) >= wanted, "{rate}");
            assert!(clock.read(at - Duration::from_nanos(2)) < wanted, "{rate}");
        }
    }
}
