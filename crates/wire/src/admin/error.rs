use thiserror::Error;

use crate::refusal::RefusalInfo;
use crate::value::ValueError;

/// A reply could not be written. Our own records always can.
#[derive(Debug, Error)]
#[error("the reply cannot be written as MessagePack: {0}")]
pub struct EncodeError(#[from] rmp_serde::encode::Error);

/// Why the answer to an operator did not come.
#[derive(Debug, Error)]
pub enum AdminError {
    /// The router refused.
    #[error("{message}")]
    Refused {
        /// The stable code.
        code: String,
        /// What is wrong, for people.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The reply is not a message.
    #[error("the reply cannot be read: {0}")]
    Value(#[from] ValueError),
    /// The reply is not the one that was asked for.
    #[error("the reply is not the one that was asked for: {0}")]
    Record(#[from] rmp_serde::decode::Error),
}

impl AdminError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            AdminError::Refused { code, .. } => code,
            AdminError::Value(_) | AdminError::Record(_) => crate::ErrorCode::InvalidReply.text(),
        }
    }

    /// What to do, where that helps.
    pub fn hint(&self) -> Option<&str> {
        match self {
            AdminError::Refused { hint, .. } => hint.as_deref(),
            AdminError::Value(_) | AdminError::Record(_) => None,
        }
    }
}

impl From<RefusalInfo<'_>> for AdminError {
    fn from(refusal: RefusalInfo<'_>) -> AdminError {
        AdminError::Refused {
            code: refusal.code.to_owned(),
            message: refusal.message.to_owned(),
            hint: refusal.hint.map(str::to_owned),
        }
    }
}
