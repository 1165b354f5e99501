//! The read side of one socket: a buffer that is used again, and the operations in it.
//!
//! It is apart from [`Link`](super::Link) so that a host can hand messages to its owner while the
//! owner's own commands go to the link.

use super::{Delivery, Sid};
use crate::codec::{DecodeError, Limits, ProtocolError, ServerOp, ServerOpDecoder};

/// Bytes the buffer holds to begin with, and the most it keeps while nothing is in it.
const BUFFER: usize = 64 * 1024;

/// Least room for one read. With less, what is unread moves to the front or the buffer grows.
const MIN_SPACE: usize = 16 * 1024;

/// Room for the INFO of a broker in a large cluster, which lists all its addresses.
const MAX_CONTROL_LINE: usize = 64 * 1024;

/// Largest payload that is read: what nats-server can be configured to at most.
const MAX_PAYLOAD: usize = 64 * 1024 * 1024;

/// One thing that the broker said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A message on a subscription. Ask [`Link::accepts`](super::Link::accepts) whether it is still
    /// wanted.
    Message(Delivery<'a>),
    /// Everything else, for [`Link::received`](super::Link::received).
    Op(ServerOp<'a>),
}

/// Bytes of one socket, read and not yet understood.
#[derive(Debug)]
pub struct Inbound {
    decoder: ServerOpDecoder,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    refused: u64,
}

impl Default for Inbound {
    fn default() -> Self {
        Self::new()
    }
}

impl Inbound {
    /// The read side of a new socket.
    #[must_use]
    pub fn new() -> Self {
        let limits = Limits {
            max_control_line: MAX_CONTROL_LINE,
            max_payload: MAX_PAYLOAD,
        };
        Self {
            decoder: ServerOpDecoder::new(limits),
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            refused: 0,
        }
    }

    /// Where the next bytes of the socket go. Never empty.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.buffer.len() > BUFFER {
                self.buffer.truncate(BUFFER);
                self.buffer.shrink_to_fit();
            }
        }
        if self.buffer.len() - self.end < MIN_SPACE && self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.buffer.len() - self.end < MIN_SPACE {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// The socket has put `count` bytes into the space.
    pub fn filled(&mut self, count: usize) {
        self.end = self.buffer.len().min(self.end + count);
    }

    /// The next whole operation. A message that cannot be understood is counted and skipped: any
    /// publisher can send one, so it must not cost the connection.
    ///
    /// # Errors
    ///
    /// What comes there is not the NATS protocol; the socket has to be dropped.
    #[expect(
        clippy::should_implement_trait,
        reason = "what it yields borrows from the buffer, which an iterator cannot say"
    )]
    pub fn next(&mut self) -> Result<Option<Incoming<'_>>, ProtocolError> {
        loop {
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            match self.decoder.decode(unread) {
                Ok(None) => return Ok(None),
                Ok(Some((op, consumed))) => {
                    self.start += consumed;
                    match incoming(op) {
                        Some(incoming) => return Ok(Some(incoming)),
                        None => self.refused += 1,
                    }
                }
                Err(DecodeError::Refused { consumed, .. }) => {
                    self.start += consumed;
                    self.refused += 1;
                }
                Err(DecodeError::Protocol(error)) => return Err(error),
            }
        }
    }

    /// Messages that were skipped because they could not be understood.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }
}

fn incoming(op: ServerOp<'_>) -> Option<Incoming<'_>> {
    let ServerOp::Message {
        subject,
        sid,
        reply,
        headers,
        payload,
    } = op
    else {
        return Some(Incoming::Op(op));
    };
    // Sids are ours: one that is no number belongs to no subscription.
    let sid = Sid(sid.parse().ok()?);
    Some(Incoming::Message(Delivery {
        sid,
        subject,
        reply,
        headers,
        payload,
    }))
}
