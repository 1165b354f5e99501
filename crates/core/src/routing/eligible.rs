use aegis_types::{Health, Lifecycle};

/// What routing must know of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Can it be trusted?
    pub health: Health,
    /// A send to its inbox is known to reach nobody.
    pub unreachable: bool,
    /// Does it want work?
    pub lifecycle: Lifecycle,
}

/// How willingly an instance is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Eligibility {
    /// Never.
    No,
    /// Only when no preferred candidate is left.
    LastResort,
    /// Gladly.
    Preferred,
}

impl Candidate {
    /// Whether, and how willingly, it may get work.
    pub fn eligibility(self) -> Eligibility {
        if self.unreachable || self.lifecycle == Lifecycle::Draining {
            return Eligibility::No;
        }
        match self.health {
            Health::Healthy => Eligibility::Preferred,
            Health::Suspect => Eligibility::LastResort,
            Health::Unhealthy => Eligibility::No,
        }
    }

    /// Serving, trusted enough and reachable.
    pub fn is_routable(self) -> bool {
        self.eligibility() != Eligibility::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspects_are_used_last_and_the_unreachable_never() {
        let candidate = |health, unreachable, lifecycle| {
            Candidate {
                health,
                unreachable,
                lifecycle,
            }
            .eligibility()
        };
        use Eligibility::*;
        assert_eq!(
            candidate(Health::Healthy, false, Lifecycle::Serving),
            Preferred
        );
        assert_eq!(
            candidate(Health::Suspect, false, Lifecycle::Serving),
            LastResort
        );
        assert_eq!(candidate(Health::Suspect, true, Lifecycle::Serving), No);
        assert_eq!(candidate(Health::Unhealthy, false, Lifecycle::Serving), No);
        assert_eq!(candidate(Health::Healthy, false, Lifecycle::Draining), No);
    }
}
