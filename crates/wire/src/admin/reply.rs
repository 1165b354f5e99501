//! Replies as serde writes and reads them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{AdminError, EncodeError};
use crate::refusal::decode_done;
use crate::value::Raw;

pub(super) fn encode(reply: &impl Serialize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    Ok(rmp_serde::encode::write_named(out, reply)?)
}

/// Depth and lengths are checked before serde sees it.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, AdminError> {
    let raw = Raw::new(body)?;
    decode_done(raw.bytes())??;
    Ok(rmp_serde::from_slice(raw.bytes())?)
}
