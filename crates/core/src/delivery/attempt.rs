use aegis_plants::Plant;
use aegis_types::{AttemptEnd, Incarnation, InstanceId, Instant, Outcome, Safety};

use crate::keys::InstanceKey;

/// One sending of a call to one instance.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) instance: InstanceKey,
    pub(crate) id: InstanceId,
    pub(crate) incarnation: Incarnation,
    /// What that instance declared about the method.
    pub(crate) safety: Safety,
    pub(crate) sent_at: Instant,
    /// After this the call may go on elsewhere.
    pub(crate) deadline: Instant,
    pub(crate) state: AttemptState,
    pub(crate) ended_at: Instant,
    /// It never left the router.
    pub(crate) unsent: bool,
}

/// Where an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttemptState {
    /// Its answer is waited for.
    InFlight,
    /// Its deadline passed and the call went on; a late success still counts.
    Lapsed,
    /// Settled.
    Ended(AttemptEnd),
}

impl Attempt {
    /// The instance may still be working on it.
    pub(crate) fn is_open(&self) -> bool {
        !matches!(self.state, AttemptState::Ended(_))
    }

    /// How it ended, where something ended it that says less than is known.
    pub(crate) fn known_end(&self, end: AttemptEnd) -> AttemptEnd {
        if self.unsent { AttemptEnd::Unsent } else { end }
    }

    /// Whether the handler ran, as far as is known.
    pub(crate) fn outcome(&self) -> Outcome {
        match self.state {
            AttemptState::InFlight | AttemptState::Lapsed if self.unsent => Outcome::NotRun,
            AttemptState::InFlight | AttemptState::Lapsed => Outcome::Unknown,
            AttemptState::Ended(AttemptEnd::ConnectionLost)
                if Plant::LostTakenForNotRun.is_sown() =>
            {
                Outcome::NotRun
            }
            AttemptState::Ended(end) => end.outcome(),
        }
    }
}
