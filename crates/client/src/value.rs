//! Values of users, as MessagePack: structs are maps with field names, as every other language
//! reads them.

use aegis_types::limits::MAX_VALUE_DEPTH;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, String> {
    rmp_serde::to_vec_named(value)
        .map(Bytes::from)
        .map_err(|error| error.to_string())
}

/// The bytes come from outside: as deep as the limit says, and not a byte too many.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let mut rest = bytes;
    let mut deserializer = rmp_serde::Deserializer::new(&mut rest);
    // serde counts the value itself, the limit counts what is nested in it.
    deserializer.set_max_depth(MAX_VALUE_DEPTH + 1);
    let value = T::deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    match rest {
        [] => Ok(value),
        _ => Err(String::from("bytes follow after the value")),
    }
}
