use aegis_bus::SubscribeError;
use thiserror::Error;

/// Why a service is not watched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WatchError {
    /// No service can have the name.
    #[error("service name {service:?} {rule}")]
    InvalidName {
        /// The name.
        service: String,
        /// The rule that it breaks.
        rule: String,
    },
    /// The events cannot be subscribed to.
    #[error("cannot subscribe to the events: {0}")]
    Events(#[from] SubscribeError),
}

impl WatchError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            WatchError::InvalidName { .. } => "INVALID_NAME",
            WatchError::Events(error) => error.code(),
        }
    }

    /// Whether the same attempt may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            WatchError::InvalidName { .. } => false,
            WatchError::Events(error) => error.is_retryable(),
        }
    }
}
