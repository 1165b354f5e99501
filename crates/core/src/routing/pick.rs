use super::Eligibility;

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
}
