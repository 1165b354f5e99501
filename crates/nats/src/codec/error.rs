use thiserror::Error;

/// Why bytes are no operation. Two kinds, because they end differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Nothing after this can be understood: the connection must end.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// One operation is refused. Its bytes are known, so the connection goes on after them.
    #[error("{refusal}")]
    Refused {
        /// What is wrong with it.
        refusal: Refusal,
        /// Bytes of the refused operation, to be dropped before the next call.
        consumed: usize,
    },
}

impl DecodeError {
    /// The text nats-server puts between the quotes of `-ERR`, or ours where it says nothing.
    pub const fn wire_text(&self) -> &'static str {
        match self {
            DecodeError::Protocol(error) => error.wire_text(),
            DecodeError::Refused { refusal, .. } => refusal.wire_text(),
        }
    }
}

/// What ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// A verb nobody knows, or a payload that is not followed by CRLF where it was declared to end.
    #[error("unknown protocol operation")]
    UnknownOperation,
    /// The wrong number of arguments, or one that cannot be read.
    #[error("malformed arguments of a protocol operation")]
    MalformedArguments,
    /// A length that is no number, too long to be one, or a header longer than its message.
    #[error("malformed length")]
    MalformedLength,
    /// A control line longer than [`Limits::max_control_line`](super::Limits).
    #[error("control line too long")]
    ControlLineTooLong,
    /// A payload longer than [`Limits::max_payload`](super::Limits).
    #[error("payload too large")]
    PayloadTooLarge,
}

impl ProtocolError {
    /// The text for `-ERR`.
    pub const fn wire_text(self) -> &'static str {
        match self {
            ProtocolError::UnknownOperation => "Unknown Protocol Operation",
            ProtocolError::MalformedArguments | ProtocolError::MalformedLength => "Parser Error",
            ProtocolError::ControlLineTooLong => "maximum control line exceeded",
            ProtocolError::PayloadTooLarge => "Maximum Payload Violation",
        }
    }
}

/// What is refused while the connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A publish to a wildcard or to something that is no subject.
    #[error("invalid publish subject")]
    InvalidPublishSubject,
    /// A reply subject that is a wildcard or no subject.
    #[error("invalid reply subject")]
    InvalidReplySubject,
    /// A subscription to something that is no pattern.
    #[error("invalid subject")]
    InvalidSubject,
    /// A header block that is not `NATS/1.0`, lines of `name: value`, and an empty line, in UTF-8.
    #[error("invalid message headers")]
    InvalidHeaders,
}

impl Refusal {
    /// The text for `-ERR`.
    pub const fn wire_text(self) -> &'static str {
        match self {
            Refusal::InvalidPublishSubject => "Invalid Publish Subject",
            Refusal::InvalidReplySubject => "Invalid Reply Subject",
            Refusal::InvalidSubject => "Invalid Subject",
            Refusal::InvalidHeaders => "Invalid Message Headers",
        }
    }
}
