use std::time::Duration;

use aegis_bus::ServerAddressError;
use aegis_wire::PrefixError;
use thiserror::Error;

/// Why there is no client.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConnectError {
    /// The address is not one.
    #[error("{0}")]
    InvalidAddress(#[from] ServerAddressError),
    /// The subject prefix is not one.
    #[error("invalid subject prefix: {0}")]
    InvalidPrefix(#[from] PrefixError),
    /// No broker was reached within the connect timeout.
    #[error("no broker reached at {servers} within {} ms", timeout.as_millis())]
    TimedOut {
        /// The addresses tried.
        servers: String,
        /// The connect timeout.
        timeout: Duration,
    },
}

impl ConnectError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ConnectError::InvalidAddress(error) => error.code(),
            ConnectError::InvalidPrefix(_) => "INVALID_PREFIX",
            ConnectError::TimedOut { .. } => "CONNECT_TIMEOUT",
        }
    }

    /// What to do about it, where that helps.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            ConnectError::InvalidAddress(error) => Some(error.hint()),
            ConnectError::InvalidPrefix(_) => None,
            ConnectError::TimedOut { .. } => Some(
                "check the address, and that a broker runs there: `aegis router` has one inside",
            ),
        }
    }

    /// Whether the same attempt may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, ConnectError::TimedOut { .. })
    }
}
