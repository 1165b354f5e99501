//! What the link tells its host: the answer of the call that caused it, never a queue.

use super::{ServerError, Ticket};

/// What came of one operation of the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The broker has taken our name and every subscription: publishing is possible.
    Ready {
        /// Whether this is the first time in the life of the link.
        first: bool,
    },
    /// Everything that was written before this PING has been read by the broker.
    Answered(Ticket),
    /// The broker refused one command and goes on.
    Refused {
        /// What kind of refusal.
        kind: ServerError,
        /// Its own words.
        text: &'a str,
    },
    /// The host has to do a TLS handshake on the socket, whatever else it has read from it being
    /// no part of the conversation, and then say [`Link::secured`](super::Link::secured).
    Secure,
    /// The host has to say who we are with [`Link::identify`](super::Link::identify), signing the
    /// nonce of [`Link::server_info`](super::Link::server_info) if it has a key for that.
    Identify,
    /// The host has to drop the socket now and then say so with
    /// [`Link::socket_closed`](super::Link::socket_closed).
    Drop(DropReason),
}

/// Why the link gives up a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DropReason {
    /// The dial and the handshake together took too long.
    #[error("the broker was not ready in time")]
    ConnectTimeout,
    /// Nothing came back for several PINGs.
    #[error("the broker is silent")]
    Stale,
    /// The first line was no INFO, or one that cannot be read.
    #[error("what answers there does not greet like a broker")]
    InvalidInfo,
    /// The broker asks for credentials.
    #[error("the broker asks for authentication, and nothing is set for it")]
    AuthenticationRequired,
    /// The broker asks for TLS.
    #[error("the broker asks for TLS, which is not to be used here")]
    TlsRequired,
    /// We insist on TLS and the broker has none.
    #[error("TLS is asked for, and the broker offers none")]
    TlsUnavailable,
    /// The broker is too old to tell that nobody listens, which calls rely on.
    #[error("the broker does not support message headers")]
    HeadersUnsupported,
    /// The broker ended the connection with an error of this kind.
    #[error("the broker ended the connection: {0}")]
    ServerError(ServerError),
    /// The broker said that it is about to stop, another one is known, and all that was sent has been
    /// read.
    #[error("the broker is about to stop")]
    Leaving,
    /// Answers to the broker's PINGs pile up because it does not read them.
    #[error("the broker does not read what it is sent")]
    NotReading,
}

/// What the host has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Open a socket to the server with this index, then say
    /// [`Link::connected`](super::Link::connected) or
    /// [`Link::socket_closed`](super::Link::socket_closed).
    Dial(usize),
    /// Nothing before the next deadline.
    Wait,
    /// Nothing ever again.
    Closed,
}

/// What the end of a socket, or of an attempt to get one, meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketEnd {
    /// Index of the server.
    pub server: usize,
    /// It had been ready: whatever waits for an answer on it has to be given up.
    pub was_ready: bool,
    /// It is the first attempt of this outage that failed. Later ones are not news.
    pub first_failure: bool,
}
