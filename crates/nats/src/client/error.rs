//! Why a command of the client was refused. Nothing refused leaves a trace: not one byte is kept.

/// Name of the limit on bytes waiting to be written, as refusals give it.
pub const PENDING_BYTES: &str = "max_pending_bytes";

/// Name of the limit on subscriptions, as refusals give it.
pub const SUBSCRIPTIONS: &str = "max_subscriptions";

/// Why a message was not published. In every case it was not sent, and never will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// No broker is connected. Nothing is queued for later: what is stale by then must not be sent.
    #[error("not connected to a broker")]
    NotConnected,
    /// Headers and payload together are more than the broker said it takes.
    #[error("the message has {size} bytes, this broker takes at most {max}")]
    PayloadTooLarge {
        /// Bytes of headers and payload.
        size: usize,
        /// What the broker announced.
        max: usize,
    },
    /// A limit of ours is reached, usually because the broker reads too slowly.
    #[error("overloaded: {limit} of {max} reached")]
    Overloaded {
        /// Which limit.
        limit: &'static str,
        /// Its value.
        max: usize,
    },
    /// The subject or the reply subject is empty, too long, or has a wildcard, white space, a
    /// control character or an empty token.
    #[error("the subject or the reply subject is not one that can be published to")]
    InvalidSubject,
    /// The connection was closed by its owner.
    #[error("the connection is closed")]
    Closed,
}

impl PublishError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotConnected => "NOT_CONNECTED",
            Self::PayloadTooLarge { .. } => "PAYLOAD_TOO_LARGE",
            Self::Overloaded { .. } => "OVERLOADED",
            Self::InvalidSubject => "INVALID_SUBJECT",
            Self::Closed => "CLOSED",
        }
    }

    /// Whether the same message may be accepted later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::NotConnected | Self::Overloaded { .. })
    }
}

/// Why a subscription was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscribeError {
    /// The pattern has white space, a control character or an empty token, is too long, or has a
    /// wildcard where none may be.
    #[error("the pattern is not one that can be subscribed to")]
    InvalidPattern,
    /// The queue group is empty, too long, or has white space or a control character.
    #[error("the queue group is not a valid name")]
    InvalidQueueGroup,
    /// A limit of ours is reached.
    #[error("overloaded: {limit} of {max} reached")]
    Overloaded {
        /// Which limit.
        limit: &'static str,
        /// Its value.
        max: usize,
    },
    /// The connection was closed by its owner.
    #[error("the connection is closed")]
    Closed,
}

impl SubscribeError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidPattern => "INVALID_PATTERN",
            Self::InvalidQueueGroup => "INVALID_QUEUE_GROUP",
            Self::Overloaded { .. } => "OVERLOADED",
            Self::Closed => "CLOSED",
        }
    }

    /// Whether the same subscription may be accepted later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Overloaded { .. })
    }
}
