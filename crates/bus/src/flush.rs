//! Waiting until the broker has read everything.

use std::collections::VecDeque;

use aegis_nats::client::Ticket;
use tokio::sync::oneshot;

/// Why a flush did not end well. What was published before it may or may not have been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlushError {
    /// No broker is connected.
    #[error("not connected to a broker")]
    NotConnected,
    /// The connection was lost first.
    #[error("the connection to the broker was lost while flushing")]
    ConnectionLost,
    /// The broker did not answer in time.
    #[error("the broker did not answer the flush in time")]
    TimedOut,
    /// The connection was closed by its owner.
    #[error("the connection is closed")]
    Closed,
}

impl FlushError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotConnected => "NOT_CONNECTED",
            Self::ConnectionLost => "CONNECTION_LOST",
            Self::TimedOut => "TIMED_OUT",
            Self::Closed => "CLOSED",
        }
    }

    /// Whether a later flush may end well.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        !matches!(self, Self::Closed)
    }
}

/// Everyone who waits for a PONG, in the order of the PINGs.
#[derive(Debug, Default)]
pub(crate) struct Flushes {
    waiting: VecDeque<(Ticket, oneshot::Sender<()>)>,
}

impl Flushes {
    pub(crate) fn insert(&mut self, ticket: Ticket) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.push_back((ticket, sender));
        receiver
    }

    pub(crate) fn answered(&mut self, answered: Ticket) {
        while self
            .waiting
            .front()
            .is_some_and(|(ticket, _)| *ticket <= answered)
        {
            if let Some((_, sender)) = self.waiting.pop_front() {
                // It may have given up just now.
                let _ = sender.send(());
            }
        }
    }

    /// The connection is lost: dropped senders say so.
    pub(crate) fn fail(&mut self) {
        self.waiting.clear();
    }
}
