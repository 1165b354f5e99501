use std::time::Duration;

use aegis_types::Instant;

/// How often an instance went and came back lately.
///
/// One that went three times within ten of its lease TTLs must show itself twice in a row before
/// it is trusted again: calls should not follow something that comes and goes.
///
/// Most never went, and hold nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flaps(Option<Box<Record>>);

/// Of one that went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Record {
    /// The instants at which it went, the latest last.
    went: [Option<Instant>; FLAPS],
    /// Heartbeats it must still send.
    owed: u8,
}

/// Departures within [`WINDOW_TTLS`] that make an instance flapping.
const FLAPS: usize = 3;

/// The window, in lease TTLs of the instance.
const WINDOW_TTLS: u32 = 10;

/// Heartbeats in a row that a flapping instance owes.
const OWED: u8 = 2;

impl Flaps {
    /// It went.
    pub(crate) fn went(&mut self, now: Instant) {
        let record = self.0.get_or_insert_default();
        record.went.rotate_left(1);
        record.went[FLAPS - 1] = Some(now);
    }

    /// It shows itself after it went. Says whether it is trusted again.
    pub(crate) fn came(&mut self, now: Instant, lease_ttl: Duration) -> bool {
        let Some(record) = &mut self.0 else {
            return true;
        };
        if record.owed == 0 && record.is_often(now, lease_ttl) {
            record.owed = OWED;
        }
        record.owed = record.owed.saturating_sub(1);
        record.owed == 0
    }

    /// Whether it went too often lately.
    pub(crate) fn is_flapping(&self, now: Instant, lease_ttl: Duration) -> bool {
        let record = self.0.as_ref();
        record.is_some_and(|record| record.is_often(now, lease_ttl))
    }

    /// What its next life begins with: one that is restarted again and again comes and goes as well. It
    /// owes nothing, since it registered.
    pub(crate) fn of_successor(&self, now: Instant, was_seen_to_go: bool) -> Flaps {
        let mut flaps = self.clone();
        if !was_seen_to_go {
            flaps.went(now);
        }
        flaps.forgive();
        flaps
    }

    /// Nothing is owed any more: it registered anew, or answered a probe.
    pub(crate) fn forgive(&mut self) {
        if let Some(record) = &mut self.0 {
            record.owed = 0;
        }
    }
}

impl Record {
    fn is_often(&self, now: Instant, lease_ttl: Duration) -> bool {
        let window = lease_ttl * WINDOW_TTLS;
        self.went[0].is_some_and(|first| now.saturating_since(first) <= window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(3);

    fn at(seconds: u64) -> Instant {
        Instant::from_origin(Duration::from_secs(seconds))
    }

    #[test]
    fn the_third_return_in_ten_ttls_takes_two_heartbeats() {
        let mut flaps = Flaps::default();
        for second in [0, 5] {
            flaps.went(at(second));
            assert!(flaps.came(at(second + 1), TTL));
        }
        flaps.went(at(10));
        assert!(!flaps.came(at(11), TTL));
        assert!(flaps.came(at(12), TTL));
    }

    #[test]
    fn a_new_life_has_the_departures_of_the_last_and_owes_nothing() {
        let mut flaps = Flaps::default();
        flaps.went(at(0));
        flaps = flaps.of_successor(at(1), true);
        assert!(!flaps.is_flapping(at(1), TTL));
        flaps = flaps.of_successor(at(2), false);
        flaps.went(at(3));
        flaps = flaps.of_successor(at(4), true);
        assert!(flaps.is_flapping(at(4), TTL));
        assert!(!flaps.is_flapping(at(31), TTL), "the first is long ago");
    }

    #[test]
    fn departures_long_ago_do_not_count() {
        let mut flaps = Flaps::default();
        for second in [0, 20, 40] {
            flaps.went(at(second));
            assert!(flaps.came(at(second + 1), TTL));
        }
    }
}
