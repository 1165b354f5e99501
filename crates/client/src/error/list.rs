use aegis_bus::RequestError;
use thiserror::Error;

/// Why a listing was not given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ListError {
    /// No router listens.
    #[error("no router listens")]
    NoRouter,
    /// The request was not sent.
    #[error("the request was not sent: {reason}")]
    NotSent {
        /// Why.
        reason: String,
    },
    /// The connection was lost before the answer came.
    #[error("the connection was lost before the router answered")]
    ConnectionLost,
    /// The router did not answer in time.
    #[error("the router did not answer in time")]
    TimedOut,
    /// The router refused.
    #[error("{code}: {reason}")]
    Refused {
        /// The stable code.
        code: String,
        /// The router's text.
        reason: String,
        /// Whether it may succeed later.
        retryable: bool,
    },
    /// The answer cannot be understood.
    #[error("the router's answer cannot be understood: {reason}")]
    InvalidReply {
        /// What is wrong with it.
        reason: String,
    },
}

impl ListError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            ListError::NoRouter => "NO_RESPONDERS",
            ListError::NotSent { .. } => "NOT_SENT",
            ListError::ConnectionLost => "CONNECTION_LOST",
            ListError::TimedOut => "TIMEOUT",
            ListError::Refused { code, .. } => code,
            ListError::InvalidReply { .. } => "INVALID_REPLY",
        }
    }

    /// What to do about it, where that helps.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            ListError::NoRouter => {
                Some("start a router with `aegis router`, or check the subject prefix")
            }
            ListError::Refused { code, .. } => aegis_wire::ErrorCode::from_text(code)?.hint(),
            _ => None,
        }
    }

    /// Whether the same request may succeed later. It changes nothing, so it is always safe.
    pub const fn is_retryable(&self) -> bool {
        match self {
            ListError::Refused { retryable, .. } => *retryable,
            ListError::InvalidReply { .. } => false,
            _ => true,
        }
    }
}

impl From<RequestError> for ListError {
    fn from(error: RequestError) -> ListError {
        match error {
            RequestError::NoResponders => ListError::NoRouter,
            RequestError::NotSent(error) => ListError::NotSent {
                reason: error.to_string(),
            },
            RequestError::ConnectionLost => ListError::ConnectionLost,
            RequestError::TimedOut => ListError::TimedOut,
        }
    }
}
