use std::time::Duration;

use aegis_bus::SubscribeError;
use aegis_session::lifeline::StopReason;
use aegis_types::limits::{MAX_HEARTBEAT_INTERVAL, MAX_METHODS, MIN_HEARTBEAT_INTERVAL};
use thiserror::Error;

/// Why a service is not served.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ServeError {
    /// A name breaks a rule.
    #[error("{what} {name:?} {rule}")]
    InvalidName {
        /// `service name`, `instance id` or `method name`.
        what: &'static str,
        /// The name.
        name: String,
        /// The rule it breaks.
        rule: String,
    },
    /// The service declares no method.
    #[error("service {service:?} declares no method")]
    NoMethods {
        /// The service.
        service: String,
    },
    /// The service declares a method twice.
    #[error("method {method:?} is declared twice")]
    DuplicateMethod {
        /// The method.
        method: String,
    },
    /// The service declares more methods than a registration may hold.
    #[error("{declared} methods are declared, and the limit is {MAX_METHODS}")]
    TooManyMethods {
        /// How many.
        declared: usize,
    },
    /// The heartbeat interval is out of range.
    #[error(
        "the heartbeat interval must be from {} ms to {} s, but is {} ms",
        MIN_HEARTBEAT_INTERVAL.as_millis(), MAX_HEARTBEAT_INTERVAL.as_secs(), interval.as_millis()
    )]
    InvalidHeartbeatInterval {
        /// The interval asked for.
        interval: Duration,
    },
    /// The inbox cannot be subscribed to.
    #[error("cannot subscribe to the inbox: {0}")]
    Inbox(#[from] SubscribeError),
    /// The lifeline's thread cannot be started.
    #[error("cannot start the lifeline's thread: {reason}")]
    Lifeline {
        /// The operating system's text.
        reason: String,
    },
    /// The router refused the registration, or the service was stopped before it was registered.
    #[error("not registered: {0}")]
    NotRegistered(StopReason),
}

impl ServeError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            ServeError::InvalidName { .. } => "INVALID_NAME",
            ServeError::NoMethods { .. } => "NO_METHODS",
            ServeError::DuplicateMethod { .. } => "DUPLICATE_METHOD",
            ServeError::TooManyMethods { .. } => "TOO_MANY_METHODS",
            ServeError::InvalidHeartbeatInterval { .. } => "INVALID_HEARTBEAT_INTERVAL",
            ServeError::Inbox(error) => error.code(),
            ServeError::Lifeline { .. } => "LIFELINE",
            ServeError::NotRegistered(StopReason::Refused { code, .. }) => code,
            ServeError::NotRegistered(StopReason::Evicted { .. }) => "EVICTED",
            ServeError::NotRegistered(StopReason::Replaced { .. }) => "STALE_INCARNATION",
            ServeError::NotRegistered(StopReason::Deregistered { .. }) => "DEREGISTERED",
        }
    }

    /// What to do about it, where that helps.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            ServeError::NoMethods { .. } => Some("add one with `Service::method`"),
            ServeError::NotRegistered(StopReason::Refused { code, .. }) => {
                aegis_wire::ErrorCode::from_text(code)?.hint()
            }
            _ => None,
        }
    }

    /// Whether the same attempt may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            ServeError::Inbox(error) => error.is_retryable(),
            ServeError::Lifeline { .. } => true,
            _ => false,
        }
    }
}
