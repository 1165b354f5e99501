//! The table "what may be sent again", in one place.
//!
//! Source: `semantics.md`, "Plain calls". The router asks it when an attempt ends, the SDK asks it
//! when it loses its broker, and the documentation prints it. Nothing else decides.

/// What a service promises about running a method more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Safety {
    /// Running it twice would hurt: after an attempt that may have run, the caller is told that
    /// the outcome is unknown.
    #[default]
    AtMostOnce,
    /// Running it again gives the same effect as running it once.
    Idempotent,
}

impl Safety {
    /// Both.
    pub const ALL: [Safety; 2] = [Safety::AtMostOnce, Safety::Idempotent];

    /// The stable word used on the wire and in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Safety::AtMostOnce => "at_most_once",
            Safety::Idempotent => "idempotent",
        }
    }

    /// The safety class of a wire word.
    pub fn from_word(word: &str) -> Option<Safety> {
        match word {
            "at_most_once" => Some(Safety::AtMostOnce),
            "idempotent" => Some(Safety::Idempotent),
            _ => None,
        }
    }
}

/// What the caller says about sending its call again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum RetryWish {
    /// Only on proof that the attempt did not run, or where the method is idempotent.
    #[default]
    Proof,
    /// Also when it is unknown whether it ran: the caller vouches that twice does no harm.
    Unknown,
    /// As `Proof`, and for idempotent methods a handler error marked `retryable` also goes to
    /// another instance. Never weakens `at_most_once`.
    Failed,
}

impl RetryWish {
    /// All of them.
    pub const ALL: [RetryWish; 3] = [RetryWish::Proof, RetryWish::Unknown, RetryWish::Failed];

    /// The stable word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            RetryWish::Proof => "proof",
            RetryWish::Unknown => "unknown",
            RetryWish::Failed => "failed",
        }
    }

    /// The wish of a wire word.
    pub fn from_word(word: &str) -> Option<RetryWish> {
        match word {
            "proof" => Some(RetryWish::Proof),
            "unknown" => Some(RetryWish::Unknown),
            "failed" => Some(RetryWish::Failed),
            _ => None,
        }
    }
}

/// Did the handler run?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Proven: it did not.
    NotRun,
    /// Nobody knows.
    Unknown,
    /// It did.
    Ran,
}

impl Outcome {
    /// The stable word used on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::NotRun => "not_run",
            Outcome::Unknown => "unknown",
            Outcome::Ran => "ran",
        }
    }

    /// The outcome of a wire word.
    pub fn from_word(word: &str) -> Option<Outcome> {
        match word {
            "not_run" => Some(Outcome::NotRun),
            "unknown" => Some(Outcome::Unknown),
            "ran" => Some(Outcome::Ran),
            _ => None,
        }
    }
}

/// How an attempt ended without a result for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptEnd {
    /// 503: exactly this send reached nobody.
    NoResponders,
    /// It never left the router: the connection to the NATS server was gone, or took no more.
    Unsent,
    /// The instance refused before starting the handler: draining, overloaded, expired.
    Refused,
    /// The peer closed the instance's connection while the attempt was in flight.
    ConnectionLost,
    /// The instance's inbox lost its subscriber while the attempt was in flight.
    InboxGone,
    /// The instance was expired, replaced or removed while the attempt was in flight.
    InstanceGone,
    /// The router lost its NATS server while the attempt was in flight: the request, the reply or
    /// both may be lost with it. Says nothing about the instance.
    BrokerLost,
    /// The router was asked to stop, and the grace for calls in flight was over. Says nothing about the
    /// instance.
    RouterStopped,
    /// The attempt's deadline passed.
    DeadlinePassed,
    /// The handler answered with an error.
    HandlerError {
        /// The service marked it as worth another try.
        retryable: bool,
    },
    /// The reply could not be understood.
    InvalidReply,
}

impl AttemptEnd {
    /// Every row of the table.
    pub const ALL: [AttemptEnd; 12] = [
        AttemptEnd::NoResponders,
        AttemptEnd::Unsent,
        AttemptEnd::Refused,
        AttemptEnd::ConnectionLost,
        AttemptEnd::InboxGone,
        AttemptEnd::InstanceGone,
        AttemptEnd::BrokerLost,
        AttemptEnd::RouterStopped,
        AttemptEnd::DeadlinePassed,
        AttemptEnd::HandlerError { retryable: false },
        AttemptEnd::HandlerError { retryable: true },
        AttemptEnd::InvalidReply,
    ];

    /// Did the handler run?
    pub const fn outcome(self) -> Outcome {
        match self {
            AttemptEnd::NoResponders | AttemptEnd::Unsent | AttemptEnd::Refused => Outcome::NotRun,
            AttemptEnd::ConnectionLost
            | AttemptEnd::InboxGone
            | AttemptEnd::InstanceGone
            | AttemptEnd::BrokerLost
            | AttemptEnd::RouterStopped
            | AttemptEnd::DeadlinePassed => Outcome::Unknown,
            AttemptEnd::HandlerError { .. } | AttemptEnd::InvalidReply => Outcome::Ran,
        }
    }

    /// The stable code used in errors and logs.
    pub const fn code(self) -> &'static str {
        match self {
            AttemptEnd::NoResponders => "no_responders",
            AttemptEnd::Unsent => "unsent",
            AttemptEnd::Refused => "refused",
            AttemptEnd::ConnectionLost => "connection_lost",
            AttemptEnd::InboxGone => "inbox_gone",
            AttemptEnd::InstanceGone => "instance_gone",
            AttemptEnd::BrokerLost => "broker_lost",
            AttemptEnd::RouterStopped => "router_stopped",
            AttemptEnd::DeadlinePassed => "deadline_passed",
            AttemptEnd::HandlerError { .. } => "handler_error",
            AttemptEnd::InvalidReply => "invalid_reply",
        }
    }
}

/// What may be done after an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Send it to another instance, now.
    NextInstance {
        /// Whether this retry is charged to the service's retry budget.
        counts: bool,
    },
    /// Answer the caller; do not send it again.
    Answer,
}

/// The table: may this call be sent again after an attempt that ended like this?
pub const fn may_be_sent_again(end: AttemptEnd, safety: Safety, wish: RetryWish) -> Verdict {
    let repeatable = matches!(safety, Safety::Idempotent) || matches!(wish, RetryWish::Unknown);
    match end {
        AttemptEnd::NoResponders | AttemptEnd::Unsent | AttemptEnd::Refused => {
            Verdict::NextInstance { counts: false }
        }
        AttemptEnd::ConnectionLost
        | AttemptEnd::InboxGone
        | AttemptEnd::InstanceGone
        | AttemptEnd::BrokerLost
            if repeatable =>
        {
            Verdict::NextInstance { counts: false }
        }
        AttemptEnd::DeadlinePassed if repeatable => Verdict::NextInstance { counts: true },
        AttemptEnd::HandlerError { retryable: true }
            if matches!(safety, Safety::Idempotent) && matches!(wish, RetryWish::Failed) =>
        {
            Verdict::NextInstance { counts: true }
        }
        _ => Verdict::Answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, a row per ending: `.` answer, `f` next instance free, `c` next, counted.
    /// Columns: at_most_once x (proof, unknown, failed), idempotent x (proof, unknown, failed).
    #[test]
    fn the_whole_table() {
        let mut table = String::new();
        for end in AttemptEnd::ALL {
            for safety in Safety::ALL {
                for wish in RetryWish::ALL {
                    table.push(match may_be_sent_again(end, safety, wish) {
                        Verdict::Answer => '.',
                        Verdict::NextInstance { counts: false } => 'f',
                        Verdict::NextInstance { counts: true } => 'c',
                    });
                }
            }
            table.push(' ');
        }
        assert_eq!(
            table.trim(),
            "ffffff ffffff ffffff .f.fff .f.fff .f.fff .f.fff ...... .c.ccc ...... .....c ......"
        );
    }

    #[test]
    fn at_most_once_is_never_weakened_without_the_callers_word() {
        for end in AttemptEnd::ALL {
            for wish in [RetryWish::Proof, RetryWish::Failed] {
                let again = may_be_sent_again(end, Safety::AtMostOnce, wish);
                assert_eq!(
                    again != Verdict::Answer,
                    end.outcome() == Outcome::NotRun,
                    "{end:?}"
                );
            }
        }
    }

    #[test]
    fn words_round_trip() {
        for safety in [Safety::AtMostOnce, Safety::Idempotent] {
            assert_eq!(Safety::from_word(safety.as_str()), Some(safety));
        }
        for wish in [RetryWish::Proof, RetryWish::Unknown, RetryWish::Failed] {
            assert_eq!(RetryWish::from_word(wish.as_str()), Some(wish));
        }
        for outcome in [Outcome::NotRun, Outcome::Unknown, Outcome::Ran] {
            assert_eq!(Outcome::from_word(outcome.as_str()), Some(outcome));
        }
    }
}
