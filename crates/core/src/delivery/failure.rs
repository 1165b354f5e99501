use std::time::Duration;

use aegis_types::{AttemptEnd, Incarnation, InstanceId, Outcome};

/// Why a call ends without a result or a handler's answer, and what was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFailure {
    /// Why.
    pub kind: CallFailureKind,
    /// How the caller speaks: legacy callers get other codes.
    pub caller: crate::CallerKind,
    /// The router has just started or was away: what it does not know, it may know soon.
    pub warming: bool,
    /// Every attempt, in order.
    pub attempts: Vec<AttemptReport>,
}

/// One attempt, as told to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptReport {
    /// Who got it.
    pub instance: InstanceId,
    /// Which life.
    pub incarnation: Incarnation,
    /// How it ended.
    pub end: AttemptEnd,
    /// After how long.
    pub after: Duration,
}

/// Why a call ends without a result. Three refusals are never mixed: nobody ever offered the
/// service, nobody can take the call now, and a send that reached nobody (which only ever ends an
/// attempt).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFailureKind {
    /// No instance ever registered under that service name.
    UnknownService,
    /// Instances of the service can be reached, and none of them offers the method.
    UnknownMethod,
    /// Nobody who could take it.
    NoRoutableInstance(Unroutable),
    /// It may have run, and nobody knows.
    OutcomeUnknown {
        /// How the last attempt that may have run ended.
        last: AttemptEnd,
    },
    /// It ran, and the reply cannot be understood.
    InvalidReply,
    /// Its time was over before it could be sent.
    Expired,
    /// Its time was over before an instance took it.
    DeadlinePassed,
    /// A limit is reached.
    Overloaded {
        /// The named limit.
        limit: &'static str,
    },
    /// The router takes no new work.
    Stopping,
}

impl CallFailureKind {
    /// The codes of all, in the order in which they are counted.
    pub const CODES: [&'static str; 9] = [
        "unknown_service",
        "unknown_method",
        "no_routable_instance",
        "outcome_unknown",
        "invalid_reply",
        "expired",
        "deadline_passed",
        "overloaded",
        "stopping",
    ];

    /// Where it is counted.
    pub(crate) const fn index(&self) -> usize {
        match self {
            CallFailureKind::UnknownService => 0,
            CallFailureKind::UnknownMethod => 1,
            CallFailureKind::NoRoutableInstance(_) => 2,
            CallFailureKind::OutcomeUnknown { .. } => 3,
            CallFailureKind::InvalidReply => 4,
            CallFailureKind::Expired => 5,
            CallFailureKind::DeadlinePassed => 6,
            CallFailureKind::Overloaded { .. } => 7,
            CallFailureKind::Stopping => 8,
        }
    }

    /// The stable code used as a label.
    pub const fn code(&self) -> &'static str {
        CallFailureKind::CODES[self.index()]
    }

    /// Did the handler run?
    pub fn outcome(&self) -> Outcome {
        match self {
            CallFailureKind::OutcomeUnknown { .. } => Outcome::Unknown,
            CallFailureKind::InvalidReply => Outcome::Ran,
            CallFailureKind::UnknownService
            | CallFailureKind::UnknownMethod
            | CallFailureKind::NoRoutableInstance(_)
            | CallFailureKind::Expired
            | CallFailureKind::DeadlinePassed
            | CallFailureKind::Overloaded { .. }
            | CallFailureKind::Stopping => Outcome::NotRun,
        }
    }
}

/// How many instances there are, and why each could not take the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unroutable {
    /// Registered under the service.
    pub registered: u32,
    /// Unhealthy.
    pub unhealthy: u32,
    /// Not welcomed yet.
    pub joining: u32,
    /// Trusted, but a send to them reaches nobody.
    pub unreachable: u32,
    /// Kept out for a while, since their calls go badly.
    pub ejected: u32,
    /// Having as much work as they can take.
    pub full: u32,
    /// Taking no new work.
    pub draining: u32,
    /// Excluded by the caller or already tried.
    pub excluded: u32,
    /// Not offering the method.
    pub without_method: u32,
}
