use aegis_types::NameError;
use aegis_types::limits::MAX_VALUE_DEPTH;
use thiserror::Error;

/// Why bytes are not the message that was expected. Names the field, so that the sender knows
/// what to mend; never quotes the value, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Maps and lists are nested deeper than [`MAX_VALUE_DEPTH`].
    #[error("the value is nested deeper than {MAX_VALUE_DEPTH} levels")]
    TooDeep,
    /// A length promises more bytes than there are.
    #[error("the message ends in the middle of a value")]
    Truncated,
    /// Something follows the one value that a message is.
    #[error("the message goes on after its end")]
    TrailingBytes,
    /// The byte 0xc1, which MessagePack never uses.
    #[error("the message holds the byte 0xc1, which MessagePack never uses")]
    ReservedMarker,
    /// The message is not a map.
    #[error("the message is not a map")]
    NotAMap,
    /// A field has another type than it should.
    #[error("field `{field}` must be {expected}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it should be, with its article.
        expected: &'static str,
    },
    /// A field that must be there is not.
    #[error("field `{field}` is missing")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// A text is not UTF-8.
    #[error("field `{field}` is not UTF-8 text")]
    NotUtf8 {
        /// The field.
        field: &'static str,
    },
    /// A map below has a key that is not a string.
    #[error("the map at `{path}` has a key that is not a string")]
    NonStringKey {
        /// Where the map is: `result.orders[3]`.
        path: String,
    },
    /// A number or word is not among those allowed.
    #[error("field `{field}` must be {allowed}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// What is allowed, with units.
        allowed: &'static str,
    },
    /// A list is longer than its limit.
    #[error("field `{field}` has more than {limit} entries")]
    TooMany {
        /// The field.
        field: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A name breaks one of its rules.
    #[error("field `{field}` {error}")]
    BadName {
        /// The field.
        field: &'static str,
        /// The rule.
        error: NameError,
    },
    /// A native instance has a name that cannot stand in a refined subject.
    #[error(
        "field `{field}` must be 1 to 64 of `A-Z a-z 0-9 _ -`, since it becomes part of a subject"
    )]
    NotAStrictToken {
        /// The field.
        field: &'static str,
    },
}
