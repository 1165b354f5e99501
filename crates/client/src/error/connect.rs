use std::time::Duration;

use aegis_bus::{DialError, ServerAddressError};
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
    /// What waiting alone does not mend: wrong credentials, a certificate that is not trusted, a file
    /// that cannot be used.
    #[error("cannot connect to {servers}: {error}")]
    Refused {
        /// The addresses tried, each of them in vain.
        servers: String,
        /// What was refused, by a broker or by us.
        error: DialError,
    },
    /// No broker was reached within the connect timeout.
    #[error("no broker reached at {servers} within {} ms{}", timeout.as_millis(), because(last.as_ref()))]
    TimedOut {
        /// The addresses tried.
        servers: String,
        /// The connect timeout.
        timeout: Duration,
        /// Why the last attempt came to nothing. `None`: none has ended yet.
        last: Option<DialError>,
    },
}

fn because(last: Option<&DialError>) -> String {
    last.map_or_else(String::new, |error| format!(": {error}"))
}

impl ConnectError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ConnectError::InvalidAddress(error) => error.code(),
            ConnectError::InvalidPrefix(_) => "INVALID_PREFIX",
            ConnectError::Refused { error, .. } => error.code(),
            ConnectError::TimedOut { .. } => "CONNECT_TIMEOUT",
        }
    }

    /// What to do about it, where that helps.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            ConnectError::InvalidAddress(error) => Some(error.hint()),
            ConnectError::InvalidPrefix(_) => None,
            ConnectError::Refused { error, .. } => error.hint(),
            ConnectError::TimedOut {
                last: Some(error), ..
            } if error.hint().is_some() => error.hint(),
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
