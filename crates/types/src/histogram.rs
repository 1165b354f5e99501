use std::time::Duration;

/// Upper bounds of the buckets, in nanoseconds.
///
/// One row for all: from a heartbeat's handling (a microsecond) to the gap between two heartbeats
/// (minutes).
const BOUNDS: [u64; 24] = [
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
    30_000_000_000,
    120_000_000_000,
];

/// Spans, counted by how long they were: in the router by service and instance, in the SDK by service called
/// and by method. Of a fixed size, whatever is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// The last is for what is longer than all bounds.
    counts: [u64; BOUNDS.len() + 1],
    sum_nanos: u64,
}

impl Histogram {
    /// The upper bounds of all buckets but the last, in seconds.
    pub fn bounds() -> impl Iterator<Item = f64> {
        BOUNDS.iter().map(|nanos| *nanos as f64 / 1e9)
    }

    /// One more.
    pub fn note(&mut self, span: Duration) {
        let nanos = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < nanos);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.sum_nanos = self.sum_nanos.saturating_add(nanos);
    }

    /// How many fell into each bucket, not added up.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them together.
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.sum_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_falls_into_the_first_bucket_that_holds_it() {
        let mut histogram = Histogram::default();
        for nanos in [0, 1_000, 1_001, 5_000_000_000, 120_000_000_001] {
            histogram.note(Duration::from_nanos(nanos));
        }
        let filled: Vec<(usize, u64)> = histogram
            .counts()
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(filled, [(0, 2), (1, 1), (20, 1), (24, 1)]);
        assert_eq!(histogram.count(), 5);
        assert_eq!(histogram.sum(), Duration::from_nanos(125_000_002_002));
    }

    #[test]
    fn bounds_rise() {
        assert!(BOUNDS.is_sorted_by(|a, b| a < b));
    }
}
