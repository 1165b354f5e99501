//! How long to wait before the next dial.
//!
//! Full jitter (the AWS architecture blog's "Exponential Backoff and Jitter"): the wait is drawn
//! evenly between nothing and a ceiling that doubles. When a broker comes back, its clients then
//! come back spread over the ceiling instead of in one herd.

use std::time::Duration;

/// The range of waits between two dials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Ceiling of the first wait.
    pub first: Duration,
    /// Ceiling of every wait.
    pub max: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(50),
            max: Duration::from_secs(2),
        }
    }
}

impl Backoff {
    /// The wait before round `round` (from 0) over the list of servers, drawn with `random`.
    #[must_use]
    pub fn wait(&self, round: u32, random: u64) -> Duration {
        let ceiling = self.first.saturating_mul(2_u32.saturating_pow(round));
        let ceiling = u64::try_from(ceiling.min(self.max).as_nanos()).unwrap_or(u64::MAX);
        // The high half of the product is evenly spread over 0..=ceiling.
        let drawn = (u128::from(random) * (u128::from(ceiling) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(drawn).unwrap_or(ceiling))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_up_to_the_maximum() {
        let backoff = Backoff::default();
        let ceilings: Vec<u128> = [0, 1, 2, 5, 6, 40, u32::MAX]
            .into_iter()
            .map(|round| backoff.wait(round, u64::MAX).as_millis())
            .collect();
        assert_eq!(ceilings, [50, 100, 200, 1600, 2000, 2000, 2000]);
    }

    #[test]
    fn the_draw_reaches_from_nothing_to_the_ceiling() {
        let backoff = Backoff::default();
        assert_eq!(backoff.wait(0, 0), Duration::ZERO);
        assert_eq!(backoff.wait(0, 1 << 63).as_millis(), 25);
        assert_eq!(backoff.wait(9, 1 << 62).as_millis(), 500);
    }
}
