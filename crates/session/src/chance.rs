use std::time::Duration;

/// A small generator of chance, seeded by the host, so that one seed replays any run.
///
/// SplitMix64 (Steele, Lea, Flood 2014): spreads herds apart, protects no secret.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// A generator that gives the same numbers for the same seed.
    pub const fn seeded(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A span from zero up to and including `longest`.
    pub fn up_to(&mut self, longest: Duration) -> Duration {
        let longest = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX);
        let scaled = (u128::from(self.next()) * (u128::from(longest) + 1)) >> 64;
        Duration::from_nanos(u64::try_from(scaled).unwrap_or(u64::MAX))
    }
}

/// Pauses that double from `first` to `longest`; half of each is chance, so that a fleet that lost
/// its router together does not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Starts at `first`.
    pub const fn new(first: Duration, longest: Duration) -> Backoff {
        Backoff {
            first,
            longest,
            next: first,
        }
    }

    /// The next pause: between half of it and all of it.
    pub fn pause(&mut self, chance: &mut Chance) -> Duration {
        self.pause_within(self.longest, chance)
    }

    /// The same for somebody who may not pause for longer than `limit` this time.
    pub fn pause_within(&mut self, limit: Duration, chance: &mut Chance) -> Duration {
        let whole = self.next.min(limit);
        self.next = self.next.saturating_mul(2).min(self.longest);
        let half = whole / 2;
        half + chance.up_to(half)
    }

    /// Back to the first pause: what was waited for has come.
    pub const fn reset(&mut self) {
        self.next = self.first;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_stay_within_bounds() {
        let mut chance = Chance::seeded(7);
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(350));
        for whole in [100, 200, 350, 350] {
            let pause = backoff.pause(&mut chance);
            assert!(pause >= Duration::from_millis(whole) / 2, "{pause:?}");
            assert!(pause <= Duration::from_millis(whole), "{pause:?}");
        }
        let limit = Duration::from_millis(30);
        let pause = backoff.pause_within(limit, &mut chance);
        assert!(limit / 2 <= pause && pause <= limit, "{pause:?}");
        backoff.reset();
        assert!(backoff.pause(&mut chance) <= Duration::from_millis(100));
    }

    #[test]
    fn spans_fill_the_whole_range() {
        let mut chance = Chance::seeded(1);
        let longest = Duration::from_nanos(3);
        let mut seen = [false; 4];
        for _ in 0..200 {
            let nanos = chance.up_to(longest).as_nanos();
            seen[usize::try_from(nanos).unwrap()] = true;
        }
        assert_eq!(seen, [true; 4]);
        assert_eq!(chance.up_to(Duration::ZERO), Duration::ZERO);
    }
}
