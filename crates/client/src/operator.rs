//! The operator's word about one instance: separate from its health and from what it says of
//! itself, and stronger than both.

use std::time::Duration;

use aegis_bus::RequestError;
pub use aegis_wire::admin::OperatorReply;
use aegis_wire::admin::{AdminError, DRAIN, EVICT, INSTANCE, OperatorRequest, UNDRAIN};
use thiserror::Error;

use crate::Client;

/// How long the router may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

impl Client {
    /// Gives an instance no new calls; those in flight finish, and it stays registered.
    ///
    /// # Errors
    ///
    /// See [`OperatorError`].
    pub async fn drain_instance(
        &self,
        service: &str,
        instance: &str,
    ) -> Result<OperatorReply, OperatorError> {
        self.say(DRAIN, service, instance).await
    }

    /// Takes the operator's word back: the instance is routed to as its health allows, and one that
    /// was evicted may register again.
    ///
    /// # Errors
    ///
    /// See [`OperatorError`].
    pub async fn undrain_instance(
        &self,
        service: &str,
        instance: &str,
    ) -> Result<OperatorReply, OperatorError> {
        self.say(UNDRAIN, service, instance).await
    }

    /// Ends an instance's registration. Its process goes on; this life of it may not register
    /// again until [`undrain_instance`](Client::undrain_instance) or a new start.
    ///
    /// # Errors
    ///
    /// See [`OperatorError`].
    pub async fn evict_instance(
        &self,
        service: &str,
        instance: &str,
    ) -> Result<OperatorReply, OperatorError> {
        self.say(EVICT, service, instance).await
    }

    async fn say(
        &self,
        verb: &str,
        service: &str,
        instance: &str,
    ) -> Result<OperatorReply, OperatorError> {
        let mut body = Vec::new();
        OperatorRequest { service, instance }.encode(&mut body);
        let subject = self.core.subjects.admin(INSTANCE, verb);
        let work = &self.core.work;
        let reply = work.request(&subject, None, &body, ANSWER_TIMEOUT).await?;
        Ok(OperatorReply::decode(&reply.payload)?)
    }
}

/// Why the operator's word was not taken, or whether it was is not known. Saying it again does no
/// harm in any case.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OperatorError {
    /// No router listens.
    #[error("no router listens")]
    NoRouter,
    /// The request was not sent.
    #[error("the request was not sent: {reason}")]
    NotSent {
        /// Why.
        reason: String,
    },
    /// The connection was lost before the answer came: the word may have been taken.
    #[error("the connection was lost before the router answered")]
    ConnectionLost,
    /// The router did not answer in time: the word may have been taken.
    #[error("the router did not answer in time")]
    TimedOut,
    /// The router refused: nothing changed.
    #[error("{code}: {reason}")]
    Refused {
        /// The stable code.
        code: String,
        /// The router's text.
        reason: String,
    },
    /// The answer cannot be understood: the word may have been taken.
    #[error("the router's answer cannot be understood: {reason}")]
    InvalidReply {
        /// What is wrong with it.
        reason: String,
    },
}

impl OperatorError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            OperatorError::NoRouter => "NO_RESPONDERS",
            OperatorError::NotSent { .. } => "NOT_SENT",
            OperatorError::ConnectionLost => "CONNECTION_LOST",
            OperatorError::TimedOut => "TIMEOUT",
            OperatorError::Refused { code, .. } => code,
            OperatorError::InvalidReply { .. } => "INVALID_REPLY",
        }
    }

    /// What to do about it, where that helps.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            OperatorError::NoRouter => {
                Some("start a router with `aegis router`, or check the subject prefix")
            }
            OperatorError::ConnectionLost | OperatorError::TimedOut => {
                Some("say it again: twice does no harm")
            }
            OperatorError::Refused { code, .. } => match code.as_str() {
                // The general hint is for the instance itself.
                "UNKNOWN_INSTANCE" | "NOT_FOUND" => {
                    Some("`aegis instance ls` shows the instances of every service")
                }
                "NOT_SUPPORTED" => Some("the router is older than this program: start a newer one"),
                code => aegis_wire::ErrorCode::from_text(code)?.hint(),
            },
            OperatorError::NotSent { .. } | OperatorError::InvalidReply { .. } => None,
        }
    }

    /// Whether the same word may be taken later.
    pub fn is_retryable(&self) -> bool {
        match self {
            OperatorError::Refused { code, .. } => match code.as_str() {
                "UNKNOWN_INSTANCE" => false,
                code => aegis_wire::ErrorCode::from_text(code)
                    .is_some_and(aegis_wire::ErrorCode::is_retryable),
            },
            OperatorError::InvalidReply { .. } => false,
            _ => true,
        }
    }

    /// Whether the word may have been taken although no answer says so.
    pub const fn may_be_done(&self) -> bool {
        match self {
            OperatorError::ConnectionLost
            | OperatorError::TimedOut
            | OperatorError::InvalidReply { .. } => true,
            OperatorError::NoRouter
            | OperatorError::NotSent { .. }
            | OperatorError::Refused { .. } => false,
        }
    }
}

impl From<RequestError> for OperatorError {
    fn from(error: RequestError) -> OperatorError {
        match error {
            RequestError::NoResponders => OperatorError::NoRouter,
            RequestError::NotSent(error) => OperatorError::NotSent {
                reason: error.to_string(),
            },
            RequestError::ConnectionLost => OperatorError::ConnectionLost,
            RequestError::TimedOut => OperatorError::TimedOut,
        }
    }
}

impl From<AdminError> for OperatorError {
    fn from(error: AdminError) -> OperatorError {
        match error {
            AdminError::Refused { code, message, .. } => OperatorError::Refused {
                code,
                reason: message,
            },
            AdminError::Value(_) | AdminError::Record(_) => OperatorError::InvalidReply {
                reason: error.to_string(),
            },
        }
    }
}
