use std::time::Duration;

use aegis_types::Outcome;

use super::{Attempt, FailedCall};

/// Why a call has no result. Each says what went wrong, whether the handler ran, and what was
/// tried.
///
/// Two questions decide what to do next, and they are not the same: [`CallError::outcome`] says
/// whether it is *safe* to send the call again, [`CallError::is_retryable`] whether that could
/// *help*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// A name or a setting of the request is not allowed. Nothing was sent.
    InvalidArgument {
        /// The call.
        call: Box<FailedCall>,
        /// Which argument: `service`, `method`, `timeout`, `max_instances`, `exclude`.
        argument: &'static str,
        /// The rule it breaks.
        rule: String,
    },
    /// The params cannot be encoded here, or the instance could not decode them.
    InvalidParams {
        /// The call.
        call: Box<FailedCall>,
        /// What is wrong with them.
        reason: String,
    },
    /// The request is larger than the broker takes. Nothing was sent.
    TooLarge {
        /// The call.
        call: Box<FailedCall>,
        /// Its size in bytes.
        size: usize,
        /// The broker's limit, `max_payload`, in bytes.
        max_payload: usize,
    },
    /// There was no connection to a broker until the deadline.
    NotConnected {
        /// The call.
        call: Box<FailedCall>,
    },
    /// A broker was there, and no router listened until the deadline.
    NoRouter {
        /// The call.
        call: Box<FailedCall>,
    },
    /// This client was closed.
    Closed {
        /// The call.
        call: Box<FailedCall>,
    },
    /// A limit was reached, in this process or at the router.
    Overloaded {
        /// The call.
        call: Box<FailedCall>,
        /// Which limit.
        reason: String,
        /// Not before this span.
        retry_after: Option<Duration>,
    },
    /// The router goes down and took nothing new, and no other came until the deadline.
    RouterStopping {
        /// The call.
        call: Box<FailedCall>,
        /// The router's text.
        reason: String,
    },
    /// No instance ever registered under this service name, as far as this router knows.
    UnknownService {
        /// The call.
        call: Box<FailedCall>,
        /// The router's text.
        reason: String,
        /// The router started a short while ago and may not have heard of everybody yet.
        retryable: bool,
        /// Not before this span.
        retry_after: Option<Duration>,
    },
    /// The service does not offer this method.
    UnknownMethod {
        /// The call.
        call: Box<FailedCall>,
        /// The router's text.
        reason: String,
    },
    /// The service is known, and none of its instances could take the call.
    NoRoutableInstance {
        /// The call.
        call: Box<FailedCall>,
        /// The router's text: how many there are and why each cannot.
        reason: String,
        /// Not before this span.
        retry_after: Option<Duration>,
    },
    /// Refused for another reason before any handler started.
    Refused {
        /// The call.
        call: Box<FailedCall>,
        /// The stable code.
        code: String,
        /// Why.
        reason: String,
        /// Whether it may succeed later.
        retryable: bool,
    },
    /// The deadline passed, and it is proven that no handler ran.
    DeadlineExceeded {
        /// The call.
        call: Box<FailedCall>,
        /// Where the time went, as far as is known.
        reason: String,
    },
    /// The call was sent and may have run. Only the service can tell.
    OutcomeUnknown {
        /// The call.
        call: Box<FailedCall>,
        /// What stood between the call and its answer.
        reason: String,
    },
    /// The handler ran, and its reply cannot be understood.
    InvalidReply {
        /// The call.
        call: Box<FailedCall>,
        /// What is wrong with it.
        reason: String,
    },
    /// The handler ran and answered with an error of its own.
    Handler {
        /// The call.
        call: Box<FailedCall>,
        /// The service's number.
        code: i64,
        /// The service's name for this kind of error.
        kind: String,
        /// The service's text.
        reason: String,
        /// The service says that the same call may succeed later or elsewhere.
        retryable: bool,
        /// Not before this span.
        retry_after: Option<Duration>,
    },
    /// The handler panicked half-way.
    HandlerPanicked {
        /// The call.
        call: Box<FailedCall>,
    },
}

impl CallError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            CallError::InvalidArgument { .. } => "INVALID_ARGUMENT",
            CallError::InvalidParams { .. } => "INVALID_PARAMS",
            CallError::TooLarge { .. } => "PAYLOAD_TOO_LARGE",
            CallError::NotConnected { .. } => "NOT_CONNECTED",
            CallError::NoRouter { .. } => "NO_RESPONDERS",
            CallError::Closed { .. } => "CLOSED",
            CallError::Overloaded { .. } => "OVERLOADED",
            CallError::RouterStopping { .. } => "ROUTER_STOPPING",
            CallError::UnknownService { .. } => "UNKNOWN_SERVICE",
            CallError::UnknownMethod { .. } => "UNKNOWN_METHOD",
            CallError::NoRoutableInstance { .. } => "NO_ROUTABLE_INSTANCE",
            CallError::Refused { code, .. } => code,
            CallError::DeadlineExceeded { .. } => "DEADLINE_EXCEEDED",
            CallError::OutcomeUnknown { .. } => "OUTCOME_UNKNOWN",
            CallError::InvalidReply { .. } => "INVALID_REPLY",
            CallError::Handler { .. } => "HANDLER_ERROR",
            CallError::HandlerPanicked { .. } => "HANDLER_PANICKED",
        }
    }

    /// Did the handler run? Only after [`Outcome::NotRun`] is it always safe to send the call
    /// again.
    pub const fn outcome(&self) -> Outcome {
        match self {
            CallError::InvalidArgument { .. }
            | CallError::InvalidParams { .. }
            | CallError::TooLarge { .. }
            | CallError::NotConnected { .. }
            | CallError::NoRouter { .. }
            | CallError::Closed { .. }
            | CallError::Overloaded { .. }
            | CallError::RouterStopping { .. }
            | CallError::UnknownService { .. }
            | CallError::UnknownMethod { .. }
            | CallError::NoRoutableInstance { .. }
            | CallError::Refused { .. }
            | CallError::DeadlineExceeded { .. } => Outcome::NotRun,
            CallError::OutcomeUnknown { .. } => Outcome::Unknown,
            CallError::InvalidReply { .. }
            | CallError::Handler { .. }
            | CallError::HandlerPanicked { .. } => Outcome::Ran,
        }
    }

    /// Whether the same call may succeed later. Says nothing about safety.
    pub const fn is_retryable(&self) -> bool {
        match self {
            CallError::NotConnected { .. }
            | CallError::NoRouter { .. }
            | CallError::RouterStopping { .. }
            | CallError::Overloaded { .. }
            | CallError::NoRoutableInstance { .. }
            | CallError::DeadlineExceeded { .. } => true,
            CallError::UnknownService { retryable, .. }
            | CallError::Refused { retryable, .. }
            | CallError::Handler { retryable, .. } => *retryable,
            _ => false,
        }
    }

    /// Not before this span, where somebody said so.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            CallError::Overloaded { retry_after, .. }
            | CallError::UnknownService { retry_after, .. }
            | CallError::NoRoutableInstance { retry_after, .. }
            | CallError::Handler { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// What to do about it, where that helps.
    pub const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            CallError::InvalidParams { .. } => {
                "compare the type of the params with what the method takes"
            }
            CallError::TooLarge { .. } => "send less at once, or raise the broker's `max_payload`",
            CallError::NotConnected { .. } => {
                "check the address, and that a broker runs there: `aegis router` has one inside"
            }
            CallError::NoRouter { .. } => {
                "start a router with `aegis router`, or check the subject prefix"
            }
            CallError::Overloaded { .. } => {
                "send less, add instances, or raise the limit that is named"
            }
            CallError::RouterStopping { .. } => {
                "start the router again, or give the call a timeout that outlasts its restart"
            }
            CallError::UnknownService {
                retryable: true, ..
            } => {
                "the router restarted a moment ago: try again, or call with `RetryWish::Unknown`, \
                 which does so by itself"
            }
            CallError::UnknownService { .. } => {
                "check the name; `aegis service ls` shows those that are registered"
            }
            CallError::UnknownMethod { .. } => {
                "check the method's name; the service declares its methods when it registers"
            }
            CallError::NoRoutableInstance { .. } => {
                "`aegis instance ls` shows the health of each instance and why"
            }
            CallError::DeadlineExceeded { .. } => {
                "give the call a longer timeout, or look for what is slow"
            }
            CallError::OutcomeUnknown { .. } => {
                "look whether it took effect before sending it again; if twice does no harm, \
                 declare the method idempotent or call with `RetryWish::Unknown`"
            }
            CallError::InvalidReply { .. } => {
                "compare the type of the result with what the method gives"
            }
            CallError::HandlerPanicked { .. } => "the log of that instance has the panic",
            CallError::InvalidArgument { .. }
            | CallError::Closed { .. }
            | CallError::Refused { .. }
            | CallError::Handler { .. } => return None,
        })
    }

    /// The attempts on instances, in order: which, how it ended, after how long.
    pub fn attempts(&self) -> &[Attempt] {
        &self.call().attempts
    }

    /// The call that failed: its names, ids and attempts.
    pub const fn call(&self) -> &FailedCall {
        match self {
            CallError::InvalidArgument { call, .. }
            | CallError::InvalidParams { call, .. }
            | CallError::TooLarge { call, .. }
            | CallError::NotConnected { call }
            | CallError::NoRouter { call }
            | CallError::Closed { call }
            | CallError::Overloaded { call, .. }
            | CallError::RouterStopping { call, .. }
            | CallError::UnknownService { call, .. }
            | CallError::UnknownMethod { call, .. }
            | CallError::NoRoutableInstance { call, .. }
            | CallError::Refused { call, .. }
            | CallError::DeadlineExceeded { call, .. }
            | CallError::OutcomeUnknown { call, .. }
            | CallError::InvalidReply { call, .. }
            | CallError::Handler { call, .. }
            | CallError::HandlerPanicked { call } => call,
        }
    }
}

impl std::error::Error for CallError {}
