use std::time::Duration;

/// Upper bounds of the buckets, in nanoseconds.
///
/// One row for all: from a heartbeat's handling (a microsecond) to the gap between two heartbeats
/// (minutes). Who shows them shows the part that matters ([`Scale`]).
const BOUNDS: [u64; 30] = [
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
    3_000_000_000,
    5_000_000_000,
    6_000_000_000,
    7_500_000_000,
    10_000_000_000,
    15_000_000_000,
    20_000_000_000,
    30_000_000_000,
    60_000_000_000,
    120_000_000_000,
];

/// Of these: only for gaps. With them gaps are told apart with the usual interval of 5 s and lease of
/// 30 s: on time, late after one and a half intervals, missed after 0.6 of the lease, over after all.
const FOR_GAPS: [u64; 6] = [
    3_000_000_000,
    6_000_000_000,
    7_500_000_000,
    15_000_000_000,
    20_000_000_000,
    60_000_000_000,
];

/// No gap is shorter: the shortest heartbeat interval.
const LEAST_GAP: u64 = 10_000_000;

/// Which buckets are shown: each costs a series, a thousand times over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Those of work: of microseconds, and coarse beyond seconds.
    Spans,
    /// Those of gaps between heartbeats.
    Gaps,
}

impl Scale {
    fn shows(self, bound: u64) -> bool {
        match self {
            Scale::Spans => !FOR_GAPS.contains(&bound),
            Scale::Gaps => bound >= LEAST_GAP,
        }
    }
}

/// Spans, counted by how long they were: in the router by service and instance, in the SDK by service called
/// and by method. Of a fixed size, whatever is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// The last is for what is longer than all bounds.
    counts: [u64; BOUNDS.len() + 1],
    sum_nanos: u64,
}

impl Histogram {
    /// The upper bound of each bucket in seconds, and how many fell into it; the last has none.
    pub fn buckets(&self, scale: Scale) -> Vec<(f64, u64)> {
        let mut buckets = Vec::with_capacity(BOUNDS.len() + 1);
        let mut counted = 0;
        for (bound, count) in BOUNDS.iter().zip(self.counts) {
            counted += count;
            if scale.shows(*bound) {
                buckets.push((*bound as f64 / 1e9, std::mem::take(&mut counted)));
            }
        }
        let beyond = self.counts.last().copied().unwrap_or_default();
        buckets.push((f64::INFINITY, counted + beyond));
        buckets
    }

    /// These and those.
    #[must_use]
    pub fn with(mut self, others: &Histogram) -> Histogram {
        for (count, others) in self.counts.iter_mut().zip(others.counts) {
            *count += others;
        }
        self.sum_nanos = self.sum_nanos.saturating_add(others.sum_nanos);
        self
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
            .counts
            .into_iter()
            .enumerate()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(filled, [(0, 2), (1, 1), (21, 1), (30, 1)]);
        assert_eq!(histogram.count(), 5);
        assert_eq!(histogram.sum(), Duration::from_nanos(125_000_002_002));
    }

    #[test]
    fn gaps_on_time_late_missed_and_over_fall_into_buckets_of_their_own() {
        let mut histogram = Histogram::default();
        for millis in [5_010, 7_600, 18_100, 30_100] {
            histogram.note(Duration::from_millis(millis));
        }
        let most = |scale| {
            let counts = histogram.buckets(scale).into_iter();
            counts.map(|(_, count)| count).max()
        };
        assert_eq!((most(Scale::Gaps), most(Scale::Spans)), (Some(1), Some(2)));
    }

    #[test]
    fn whatever_is_shown_everything_is_counted() {
        let mut histogram = Histogram::default();
        for bound in BOUNDS.iter().chain([&u64::MAX]) {
            histogram.note(Duration::from_nanos(*bound));
        }
        for (scale, shown) in [(Scale::Spans, 25), (Scale::Gaps, 19)] {
            let buckets = histogram.buckets(scale);
            assert_eq!(buckets.len(), shown, "{scale:?}");
            let counts = buckets.iter().map(|(_, count)| count);
            assert_eq!(counts.sum::<u64>(), 31, "{scale:?}");
        }
    }

    #[test]
    fn histograms_add_up() {
        let mut all = [Histogram::default(); 2];
        for (histogram, seconds) in all.iter_mut().zip([1, 2]) {
            histogram.note(Duration::from_secs(seconds));
        }
        let [one, two] = all;
        let both = one.with(&two);
        assert_eq!((both.count(), both.sum()), (2, Duration::from_secs(3)));
    }

    #[test]
    fn bounds_rise() {
        assert!(BOUNDS.is_sorted_by(|a, b| a < b));
    }
}
