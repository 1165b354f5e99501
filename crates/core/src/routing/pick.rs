use super::Eligibility;

/// The rule by which an instance is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// In turn.
    #[default]
    RoundRobin,
    /// Of two drawn by chance, the one with less work in flight.
    LeastInFlight,
}

impl Policy {
    /// The stable word used in settings and listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Policy::RoundRobin => "round_robin",
            Policy::LeastInFlight => "least_in_flight",
        }
    }

    /// The policy of a word.
    pub fn from_word(word: &str) -> Option<Policy> {
        match word {
            "round_robin" => Some(Policy::RoundRobin),
            "least_in_flight" => Some(Policy::LeastInFlight),
            _ => None,
        }
    }
}

/// Round robin: the first preferred candidate of a ring that starts after the last one picked;
/// if there is none, the first last resort.
///
/// The caller remembers the *name* of the last one picked, not a position, so that a removal
/// makes nobody lose or win a turn.
pub fn round_robin<K>(ring: impl Iterator<Item = (K, Eligibility)>) -> Option<K> {
    let mut last_resort = None;
    for (key, eligibility) in ring {
        match eligibility {
            Eligibility::Preferred => return Some(key),
            Eligibility::LastResort if last_resort.is_none() => last_resort = Some(key),
            Eligibility::LastResort | Eligibility::No => {}
        }
    }
    last_resort
}

/// Of two candidates drawn by chance, the one with less in flight; preferred ones before last
/// resorts. Two are enough to keep the longest queue short, and do not send everybody to the same
/// idle instance. Source: Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing".
pub fn least_in_flight_of_two<K: Copy>(
    ring: impl Iterator<Item = (K, Eligibility, u32)>,
    dice: u64,
) -> Option<K> {
    let mut drawn = [Draw::default(), Draw::default()];
    let mut dice = dice;
    for (key, eligibility, in_flight) in ring {
        let draw = match eligibility {
            Eligibility::Preferred => &mut drawn[0],
            Eligibility::LastResort => &mut drawn[1],
            Eligibility::No => continue,
        };
        // A step of a linear congruential generator: chance enough for a choice among few.
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        draw.offer(key, in_flight, dice >> 33);
    }
    drawn.into_iter().find_map(|draw| draw.lesser(dice >> 33))
}

/// Two of any number, each with the same chance (a reservoir of two).
struct Draw<K> {
    seen: u64,
    two: [Option<(K, u32)>; 2],
}

impl<K> Default for Draw<K> {
    fn default() -> Draw<K> {
        Draw {
            seen: 0,
            two: [None, None],
        }
    }
}

impl<K: Copy> Draw<K> {
    fn offer(&mut self, key: K, in_flight: u32, dice: u64) {
        self.seen += 1;
        let place = match self.seen {
            1 => 0,
            2 => 1,
            seen => dice % seen,
        };
        match place {
            0 => self.two[0] = Some((key, in_flight)),
            1 => self.two[1] = Some((key, in_flight)),
            _ => {}
        }
    }

    /// The one with less in flight; of equals, either.
    fn lesser(self, dice: u64) -> Option<K> {
        let [first, second] = self.two;
        match (first, second) {
            (Some(first), Some(second)) => {
                let either = first.1 == second.1 && dice % 2 == 1;
                let second_wins = second.1 < first.1 || either;
                Some(if second_wins { second.0 } else { first.0 })
            }
            (one, other) => one.or(other).map(|(key, _)| key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Eligibility::*;

    #[test]
    fn the_first_preferred_wins_over_any_last_resort() {
        assert_eq!(
            round_robin([(1, No), (2, LastResort), (3, Preferred)].into_iter()),
            Some(3)
        );
        assert_eq!(
            round_robin([(1, No), (2, LastResort), (3, LastResort)].into_iter()),
            Some(2)
        );
        assert_eq!(round_robin([(1, No)].into_iter()), None);
    }

    #[test]
    fn the_lesser_of_two_wins_and_everybody_gets_a_share() {
        let two = [(1, Preferred, 5), (2, Preferred, 3)];
        assert!((0..100).all(|dice| least_in_flight_of_two(two.into_iter(), dice) == Some(2)));
        let last = [(1, LastResort, 0), (2, Preferred, 9), (3, No, 0)];
        assert_eq!(least_in_flight_of_two(last.into_iter(), 7), Some(2));
        let mut picked = [0; 8];
        for dice in 0..8_000_u64 {
            let ring = (0..8).map(|key| (key, Preferred, 1));
            let dice = dice.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            picked[least_in_flight_of_two(ring, dice).unwrap()] += 1;
        }
        assert!(picked.iter().all(|count| *count > 500), "{picked:?}");
    }
}
