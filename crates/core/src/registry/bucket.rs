use std::time::Duration;

use aegis_types::Instant;

/// How many registrations one connection may still make: a burst, and so many a second after it.
///
/// Without it one connection that registers in a loop would cost everybody their heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    left: u32,
    filled_at: Instant,
}

impl Bucket {
    pub(crate) fn full(now: Instant, burst: u32) -> Bucket {
        Bucket {
            left: burst,
            filled_at: now,
        }
    }

    /// Takes one, if one is left. `every` is the span in which one comes back.
    pub(crate) fn take(&mut self, now: Instant, burst: u32, every: Duration) -> bool {
        let nanos = every.as_nanos().max(1);
        let passed = now.saturating_since(self.filled_at).as_nanos();
        let back = u32::try_from(passed / nanos).unwrap_or(u32::MAX);
        self.left = self.left.saturating_add(back).min(burst);
        // What has passed of the next one is kept, unless the bucket is full.
        let rest = u64::try_from(passed % nanos).unwrap_or(0);
        let rest = if self.left == burst { 0 } else { rest };
        self.filled_at = Instant::from_nanos(now.as_nanos().saturating_sub(rest));
        let any = self.left > 0;
        self.left -= u32::from(any);
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_so_many_a_second() {
        let at = |millis| Instant::from_origin(Duration::from_millis(millis));
        let every = Duration::from_millis(100);
        let mut bucket = Bucket::full(at(0), 3);
        let taken =
            |bucket: &mut Bucket, now| (0..10).filter(|_| bucket.take(now, 3, every)).count();
        assert_eq!(taken(&mut bucket, at(0)), 3);
        assert_eq!(taken(&mut bucket, at(99)), 0);
        assert_eq!(taken(&mut bucket, at(150)), 1);
        assert_eq!(taken(&mut bucket, at(199)), 0);
        assert_eq!(taken(&mut bucket, at(200)), 1);
        assert_eq!(taken(&mut bucket, at(10_000)), 3);
    }
}
