//! Latencies: recorded one by one, told as a few numbers.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Longest latency that is told apart; longer ones count as this long.
const LONGEST: Duration = Duration::from_secs(600);
/// Digits that are kept of each.
const DIGITS: u8 = 3;

/// Collects latencies in little memory, whatever their number.
#[derive(Clone, Debug)]
pub struct Recorder {
    histogram: Histogram<u64>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        let longest = nanos(LONGEST);
        // Fails only for bounds or digits that make no sense, and these are constants.
        let bounded = Histogram::new_with_bounds(1, longest, DIGITS);
        Recorder {
            histogram: bounded.unwrap_or_else(|_| unreachable!("constant bounds make sense")),
        }
    }
}

impl Recorder {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        self.histogram.saturating_record(nanos(latency));
    }

    /// Adds all that another one has.
    pub fn add(&mut self, other: &Recorder) {
        // The bounds are the same.
        let _ = self.histogram.add(&other.histogram);
    }

    /// The numbers that are told.
    pub fn summary(&self) -> Latency {
        let at = |percent| self.histogram.value_at_percentile(percent) as f64 / 1e3;
        Latency {
            count: self.histogram.len(),
            mean_us: self.histogram.mean() / 1e3,
            p50_us: at(50.0),
            p90_us: at(90.0),
            p99_us: at(99.0),
            p999_us: at(99.9),
            max_us: self.histogram.max() as f64 / 1e3,
        }
    }
}

/// A distribution of latencies, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// How many there were.
    pub count: u64,
    /// Their mean.
    pub mean_us: f64,
    /// Half were at most this long.
    pub p50_us: f64,
    /// Nine in ten were.
    pub p90_us: f64,
    /// 99 in a hundred were.
    pub p99_us: f64,
    /// 999 in a thousand were.
    pub p999_us: f64,
    /// The longest.
    pub max_us: f64,
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_tells_the_distribution() {
        let (mut low, mut high) = (Recorder::default(), Recorder::default());
        for micros in 1..=50 {
            low.record(Duration::from_micros(micros));
            high.record(Duration::from_micros(micros + 50));
        }
        low.add(&high);
        let Latency {
            count,
            mean_us,
            p50_us,
            p99_us,
            max_us,
            ..
        } = low.summary();
        assert_eq!(count, 100);
        for (seen, expected) in [
            (mean_us, 50.5),
            (p50_us, 50.0),
            (p99_us, 99.0),
            (max_us, 100.0),
        ] {
            assert!(
                (seen - expected).abs() < expected / 500.0,
                "{seen} {expected}"
            );
        }
    }

    #[test]
    fn what_is_too_long_counts_as_the_longest() {
        let mut recorder = Recorder::default();
        recorder.record(Duration::from_secs(10_000));
        assert_eq!(recorder.summary().count, 1);
        assert!(recorder.summary().max_us > 599e6);
    }
}
