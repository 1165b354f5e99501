//! Replies as serde writes and reads them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::MAX_PAGE;
use super::error::{AdminError, EncodeError};
use crate::refusal::decode_done;
use crate::value::{Raw, ValueError, fields};

pub(super) fn encode(reply: &impl Serialize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    Ok(rmp_serde::encode::write_named(out, reply)?)
}

/// Depth and lengths are checked before serde sees it.
pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, AdminError> {
    let raw = Raw::new(body)?;
    decode_done(raw.bytes())??;
    check_page(raw)?;
    Ok(rmp_serde::from_slice(raw.bytes())?)
}

/// Refuses a listing that is longer than any page: an empty entry is one byte on the wire and some
/// hundred in memory, so a long list of them would take what nobody sent.
fn check_page(reply: Raw<'_>) -> Result<(), ValueError> {
    fields(reply.bytes(), |key, reader| {
        let field = match key {
            b"services" => "services",
            b"instances" => "instances",
            _ => return reader.skip(),
        };
        let limit = usize::from(MAX_PAGE);
        if reader.clone().array(field)? as usize > limit {
            return Err(ValueError::TooMany { field, limit });
        }
        reader.skip()
    })
}
