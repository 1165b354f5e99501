//! MessagePack read by walking and written by pushing.
//!
//! Nothing here builds a value or allocates from a length prefix: a header that promises more than
//! the rest of the input can hold is refused before anything is done with it.

mod error;
mod fields;
mod raw;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

pub use error::ValueError;
pub(crate) use fields::{elements, fields};
pub use raw::{Kind, Raw};
pub use reader::Reader;
pub use writer::{MapWriter, Writer};
