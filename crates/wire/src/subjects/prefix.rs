use aegis_types::is_strict_token;
use thiserror::Error;

const MAX_PREFIX_BYTES: usize = 64;

/// Why a text cannot be the prefix of our subjects.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PrefixError {
    /// Longer than 64 bytes.
    #[error("the subject prefix must be at most {MAX_PREFIX_BYTES} bytes, but is {0}")]
    TooLong(usize),
    /// A part between dots is not a strict token.
    #[error("the part `{0}` of the subject prefix must be 1 to 64 of `A-Z a-z 0-9 _ -`")]
    Token(String),
    /// Replies to clients travel under `_INBOX`.
    #[error("the subject prefix must not begin with `_INBOX`, where replies to clients travel")]
    Inbox,
}

pub(super) fn check(prefix: &str) -> Result<(), PrefixError> {
    if prefix.len() > MAX_PREFIX_BYTES {
        return Err(PrefixError::TooLong(prefix.len()));
    }
    if let Some(bad) = prefix.split('.').find(|token| !is_strict_token(token)) {
        return Err(PrefixError::Token(bad.to_owned()));
    }
    if prefix.split('.').next() == Some("_INBOX") {
        return Err(PrefixError::Inbox);
    }
    Ok(())
}
