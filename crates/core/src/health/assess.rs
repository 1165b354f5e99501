//! What is known about an instance, and what it adds up to.

use aegis_types::{Health, HealthReason, SelfReport};

use crate::registry::Kind;

/// What is known about one life of an instance. Facts are kept apart, because each comes and goes
/// by evidence of its own; health is computed from all of them, in one place, so that there is one
/// definition of healthy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// The process is gone: its lifeline was closed, or its lease ran out.
    pub(crate) gone: Option<HealthReason>,
    /// It registered and has not answered its welcome probe; the reason is what is known of that.
    pub(crate) joining: Option<HealthReason>,
    /// A send to its inbox reaches nobody: 503, no subscriber, or its connection ended.
    pub(crate) unreachable: Option<HealthReason>,
    /// It is silent, or went and came back too often.
    pub(crate) doubt: Option<HealthReason>,
    /// Its own word.
    pub(crate) report: SelfReport,
    /// Its handlers' runtime runs late.
    pub(crate) lagging: bool,
}

impl Evidence {
    /// The health it adds up to, with the reason unless all is well.
    ///
    /// A native instance without an inbox subscriber is suspect: its lifeline says that it lives. A
    /// legacy one has no lifeline: the loss of its inbox is the loss of the process, as far as
    /// anyone can tell.
    pub(crate) fn assess(&self, kind: Kind) -> (Health, Option<HealthReason>) {
        if let Some(reason) = self.gone {
            return (Health::Unhealthy, Some(reason));
        }
        if let Some(reason) = self.joining {
            return (Health::Joining, Some(reason));
        }
        match (self.unreachable, kind) {
            (Some(HealthReason::InboxGone), Kind::Legacy { .. }) => {
                return (Health::Unhealthy, Some(HealthReason::InboxGone));
            }
            (Some(reason), _) => return (Health::Suspect, Some(reason)),
            (None, _) => {}
        }
        if self.report == SelfReport::Unhealthy {
            return (Health::Unhealthy, Some(HealthReason::SelfUnhealthy));
        }
        if let Some(reason) = self.doubt {
            return (Health::Suspect, Some(reason));
        }
        if self.report == SelfReport::Degraded {
            return (Health::Suspect, Some(HealthReason::SelfDegraded));
        }
        if self.lagging {
            return (Health::Suspect, Some(HealthReason::Lagging));
        }
        (Health::Healthy, None)
    }

    /// Whether the next sign of life changes anything.
    pub(crate) fn is_in_doubt(&self) -> bool {
        let Evidence {
            gone,
            joining,
            unreachable,
            doubt,
            ..
        } = self;
        [gone, joining, unreachable, doubt]
            .iter()
            .any(|fact| fact.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIVE: Kind = Kind::Native {
        lease_token: 1,
        lifeline: true,
    };
    const LEGACY: Kind = Kind::Legacy {
        heartbeats_lost: false,
    };

    #[test]
    fn the_heavier_evidence_decides() {
        let mut evidence = Evidence::default();
        assert_eq!(evidence.assess(NATIVE), (Health::Healthy, None));
        evidence.lagging = true;
        let lagging = Some(HealthReason::Lagging);
        assert_eq!(evidence.assess(NATIVE), (Health::Suspect, lagging));
        evidence.report = SelfReport::Degraded;
        let degraded = Some(HealthReason::SelfDegraded);
        assert_eq!(evidence.assess(NATIVE), (Health::Suspect, degraded));
        evidence.doubt = Some(HealthReason::Late);
        assert_eq!(evidence.assess(NATIVE), (Health::Suspect, evidence.doubt));
        evidence.report = SelfReport::Unhealthy;
        let word = Some(HealthReason::SelfUnhealthy);
        assert_eq!(evidence.assess(NATIVE), (Health::Unhealthy, word));
        evidence.unreachable = Some(HealthReason::InboxGone);
        let inbox = evidence.unreachable;
        assert_eq!(evidence.assess(NATIVE), (Health::Suspect, inbox));
        assert_eq!(evidence.assess(LEGACY), (Health::Unhealthy, inbox));
        evidence.unreachable = Some(HealthReason::NoResponders);
        assert_eq!(
            evidence.assess(LEGACY),
            (Health::Suspect, evidence.unreachable)
        );
        evidence.joining = Some(HealthReason::Registered);
        let joining = (Health::Joining, evidence.joining);
        assert_eq!(evidence.assess(NATIVE), joining);
        evidence.gone = Some(HealthReason::ConnectionClosed);
        assert_eq!(evidence.assess(NATIVE), (Health::Unhealthy, evidence.gone));
    }
}
