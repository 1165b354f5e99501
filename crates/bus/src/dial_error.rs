//! Why there is no connection with a broker.

use std::io;

use aegis_nats::client::DropReason;
use aegis_nats::codec::ProtocolError;

use crate::{LoginError, ServerAddressError, TlsError};

/// Why a dial came to nothing, or the socket that it got ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// The operating system said so.
    #[error("{reason}")]
    Io {
        /// In its words.
        reason: String,
    },
    /// The broker closed the socket.
    #[error("the broker closed the connection")]
    ClosedByBroker,
    /// What came is not the NATS protocol.
    #[error("what answers there speaks no NATS: {0}")]
    Protocol(ProtocolError),
    /// Broker and connection do not come together, or no longer.
    #[error(transparent)]
    Dropped(DropReason),
    /// We cannot say who we are.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// There is no TLS with this broker.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A broker told of a server at an address that is none.
    #[error(transparent)]
    InvalidAddress(#[from] ServerAddressError),
}

impl DialError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "UNREACHABLE",
            Self::ClosedByBroker => "CLOSED_BY_BROKER",
            Self::Protocol(_) => "NOT_NATS",
            Self::Dropped(reason) => dropped_code(*reason),
            Self::Login(error) => error.code(),
            Self::Tls(error) => error.code(),
            Self::InvalidAddress(error) => error.code(),
        }
    }

    /// What to do about it, where that helps.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Dropped(DropReason::AuthenticationRequired) => Some(
                "give it credentials: a credentials file, an nkey seed, user and password, or a token",
            ),
            Self::Dropped(DropReason::ServerError(kind)) if kind.is_about_login() => Some(
                "check user, password, token or credentials file: the broker does not take them",
            ),
            Self::Dropped(DropReason::TlsUnavailable) => Some(
                "set up TLS on the broker, or connect without: nats:// and no certificate settings",
            ),
            Self::Protocol(_) | Self::Dropped(DropReason::InvalidInfo) => {
                Some("check the port, and whether the broker begins with TLS (handshake_first)")
            }
            Self::Login(LoginError::NoNonce) => {
                Some("give it what it takes: user and password, or a token")
            }
            Self::Tls(error) => error.hint(),
            _ => None,
        }
    }

    /// Whether waiting alone does not help: something has to be set otherwise, here or there.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Login(_) | Self::Tls(_) => true,
            Self::Dropped(DropReason::ServerError(kind)) => kind.is_about_login(),
            Self::Dropped(reason) => matches!(
                reason,
                DropReason::AuthenticationRequired
                    | DropReason::TlsRequired
                    | DropReason::TlsUnavailable
                    | DropReason::HeadersUnsupported
            ),
            Self::Io { .. }
            | Self::ClosedByBroker
            | Self::Protocol(_)
            | Self::InvalidAddress(_) => false,
        }
    }
}

fn dropped_code(reason: DropReason) -> &'static str {
    match reason {
        DropReason::ConnectTimeout => "BROKER_NOT_READY",
        DropReason::Stale => "BROKER_SILENT",
        DropReason::InvalidInfo => "NOT_NATS",
        DropReason::AuthenticationRequired => "AUTHENTICATION_REQUIRED",
        DropReason::TlsRequired => "TLS_REQUIRED",
        DropReason::TlsUnavailable => "TLS_UNAVAILABLE",
        DropReason::HeadersUnsupported => "HEADERS_UNSUPPORTED",
        DropReason::ServerError(kind) if kind.is_about_login() => "AUTHENTICATION_FAILED",
        DropReason::ServerError(_) => "BROKER_ERROR",
        DropReason::Leaving => "BROKER_LEAVING",
        DropReason::NotReading => "BROKER_NOT_READING",
    }
}

impl From<io::Error> for DialError {
    fn from(error: io::Error) -> Self {
        if let Some(error) = TlsError::of(&error) {
            return Self::Tls(error);
        }
        // With TLS: it closed without saying so first.
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::ClosedByBroker;
        }
        Self::Io {
            reason: error.to_string(),
        }
    }
}
