use aegis_types::{AttemptEnd, Outcome};

/// How a call ended, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// With a result.
    Ok,
    /// With the handler's error.
    HandlerError,
    /// No handler ran.
    NotRun,
    /// A handler ran; its reply could not be used.
    Ran,
    /// Nobody knows whether a handler ran.
    Unknown,
    /// Its caller's connection closed.
    Abandoned,
}

impl CallOutcome {
    /// All of them.
    pub const ALL: [CallOutcome; 6] = [
        CallOutcome::Ok,
        CallOutcome::HandlerError,
        CallOutcome::NotRun,
        CallOutcome::Ran,
        CallOutcome::Unknown,
        CallOutcome::Abandoned,
    ];

    /// The stable word used as a label.
    pub const fn as_str(self) -> &'static str {
        match self {
            CallOutcome::Ok => "ok",
            CallOutcome::HandlerError => "handler_error",
            CallOutcome::NotRun => "not_run",
            CallOutcome::Ran => "ran",
            CallOutcome::Unknown => "unknown",
            CallOutcome::Abandoned => "abandoned",
        }
    }

    /// That of a call which the router answered itself.
    pub(crate) const fn of_failure(outcome: Outcome) -> CallOutcome {
        match outcome {
            Outcome::NotRun => CallOutcome::NotRun,
            Outcome::Ran => CallOutcome::Ran,
            Outcome::Unknown => CallOutcome::Unknown,
        }
    }
}

/// The codes of [`AttemptEnd`], each once, in the order in which they are counted.
pub const ATTEMPT_ENDS: [&str; 11] = [
    AttemptEnd::NoResponders.code(),
    AttemptEnd::Unsent.code(),
    AttemptEnd::Refused.code(),
    AttemptEnd::ConnectionLost.code(),
    AttemptEnd::InboxGone.code(),
    AttemptEnd::InstanceGone.code(),
    AttemptEnd::BrokerLost.code(),
    AttemptEnd::RouterStopped.code(),
    AttemptEnd::DeadlinePassed.code(),
    AttemptEnd::HandlerError { retryable: false }.code(),
    AttemptEnd::InvalidReply.code(),
];

/// Where an end is counted.
pub(super) const fn index(end: AttemptEnd) -> usize {
    match end {
        AttemptEnd::NoResponders => 0,
        AttemptEnd::Unsent => 1,
        AttemptEnd::Refused => 2,
        AttemptEnd::ConnectionLost => 3,
        AttemptEnd::InboxGone => 4,
        AttemptEnd::InstanceGone => 5,
        AttemptEnd::BrokerLost => 6,
        AttemptEnd::RouterStopped => 7,
        AttemptEnd::DeadlinePassed => 8,
        AttemptEnd::HandlerError { .. } => 9,
        AttemptEnd::InvalidReply => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_counted_under_its_code() {
        for end in AttemptEnd::ALL {
            assert_eq!(ATTEMPT_ENDS[index(end)], end.code());
        }
    }

    #[test]
    fn every_outcome_has_its_place() {
        for (place, outcome) in CallOutcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, place);
        }
    }
}
