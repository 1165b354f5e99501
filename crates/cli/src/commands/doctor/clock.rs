//! This machine's wall clock against the router's. Incarnations are made of it: an instance that
//! starts with a clock behind may look older than its own last life.

use std::time::Duration;

use super::finding::Finding;

const CHECK: &str = "clock";

/// From here on, a restart may look like a life that was before.
const MUCH: Duration = Duration::from_secs(1);

/// From here on, certificates and credentials begin to fail as well.
const FAR_TOO_MUCH: Duration = Duration::from_secs(5 * 60);

/// `here_ms` was read when the question went out; the router read its own half a round trip later.
pub(super) fn verdict(here_ms: u64, there_ms: u64, round_trip: Duration) -> Finding {
    let half = u64::try_from(round_trip.as_millis() / 2).unwrap_or(u64::MAX);
    let expected = here_ms.saturating_add(half);
    let apart = Duration::from_millis(expected.abs_diff(there_ms));
    // What the way may hide either way.
    let least = apart.saturating_sub(round_trip / 2);
    let side = if there_ms > expected {
        "behind"
    } else {
        "ahead of"
    };
    let saw = format!("{apart:.1?} {side} the router's");
    let todo = "keep both machines in step with NTP: `timedatectl status`, `chronyc tracking`";
    if least > FAR_TOO_MUCH {
        Finding::problem(CHECK, saw).todo(todo)
    } else if least > MUCH {
        Finding::warning(CHECK, saw).todo(todo)
    } else {
        Finding::ok(CHECK, "in step with the router's, within a second")
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn half_the_round_trip_is_allowed_for() {
        let near = Duration::from_millis(2);
        for (here, there, round_trip, expected) in [
            (10_000, 10_001, near, Verdict::Ok),
            (10_000, 11_001, near, Verdict::Ok),
            (10_000, 11_003, near, Verdict::Warning),
            (11_003, 10_000, near, Verdict::Warning),
            (10_000, 12_900, Duration::from_secs(2), Verdict::Ok),
            (10_000, 310_002, near, Verdict::Warning),
            (10_000, 310_003, near, Verdict::Problem),
            (400_000, 10_000, near, Verdict::Problem),
        ] {
            let found = verdict(here, there, round_trip);
            assert_eq!(found.verdict, expected, "{here} {there} {round_trip:?}");
        }
        let found = verdict(10_000, 20_000, near);
        assert!(found.saw.contains("behind"), "{found:?}");
    }
}
