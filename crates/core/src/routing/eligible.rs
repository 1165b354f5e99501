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
    /// An operator's word: no new work for it.
    pub held: bool,
    /// Its real calls go badly: kept out for a while.
    pub ejected: bool,
    /// It has as much work as it said it can take.
    pub full: bool,
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
        if self.full || !self.is_routable() {
            return Eligibility::No;
        }
        match self.health {
            Health::Healthy => Eligibility::Preferred,
            Health::Suspect => Eligibility::LastResort,
            Health::Joining | Health::Unhealthy => Eligibility::No,
        }
    }

    /// Welcomed, serving, trusted enough, reachable and not kept out.
    pub fn is_routable(self) -> bool {
        !self.unreachable
            && !self.held
            && !self.ejected
            && self.lifecycle == Lifecycle::Serving
            && !matches!(self.health, Health::Joining | Health::Unhealthy)
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
                held: false,
                ejected: false,
                full: false,
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
        assert_eq!(candidate(Health::Joining, false, Lifecycle::Serving), No);
        assert_eq!(candidate(Health::Healthy, false, Lifecycle::Draining), No);
    }

    #[test]
    fn the_operators_word_ejection_and_fullness_keep_out() {
        let healthy = Candidate {
            health: Health::Healthy,
            unreachable: false,
            lifecycle: Lifecycle::Serving,
            held: false,
            ejected: false,
            full: false,
        };
        let no = Eligibility::No;
        let held = Candidate {
            held: true,
            ..healthy
        };
        assert_eq!((held.eligibility(), held.is_routable()), (no, false));
        let ejected = Candidate {
            ejected: true,
            ..healthy
        };
        assert_eq!((ejected.eligibility(), ejected.is_routable()), (no, false));
        let full = Candidate {
            full: true,
            ..healthy
        };
        assert_eq!((full.eligibility(), full.is_routable()), (no, true));
    }
}
