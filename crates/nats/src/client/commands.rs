//! What the owner of a link may ask for, and the bytes that come of it.

use super::link::{Link, Phase};
use super::{PublishError, Sid, SubscribeError, Ticket, error};
use crate::codec::encode;
use crate::subject::{is_valid_pattern, is_valid_subject};

/// Longest subject, reply subject or queue group, in bytes. A control line holds at most three of
/// them and two numbers, and brokers take control lines of 4,096 bytes.
pub const MAX_SUBJECT: usize = 1_024;

/// Bytes of a control line besides its subjects, at most. Only for the accounting of the limit.
const LINE_OVERHEAD: usize = 64;

/// Capacity that an emptied output buffer keeps after a burst.
const KEEP_OUTPUT: usize = 256 * 1024;

impl Link {
    /// Publishes `payload`, with a header block as it travels (from `NATS/1.0` to the empty line).
    ///
    /// # Errors
    ///
    /// See [`PublishError`]. A refused message is never sent.
    pub fn publish(
        &mut self,
        subject: &str,
        reply: Option<&str>,
        headers: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<(), PublishError> {
        match self.phase {
            Phase::Ready => {}
            Phase::Closed => return Err(PublishError::Closed),
            _ => return Err(PublishError::NotConnected),
        }
        if !is_publishable(subject) || !reply.is_none_or(is_publishable) {
            return Err(PublishError::InvalidSubject);
        }
        let headers = headers.filter(|block| !block.is_empty());
        let size = headers.map_or(0, <[u8]>::len) + payload.len();
        if size > self.max_payload {
            let max = self.max_payload;
            return Err(PublishError::PayloadTooLarge { size, max });
        }
        let line = subject.len() + reply.map_or(0, str::len) + LINE_OVERHEAD;
        if self.is_full(line + size) {
            let (limit, max) = (error::PENDING_BYTES, self.options.max_pending_bytes);
            return Err(PublishError::Overloaded { limit, max });
        }
        encode::publish(&mut self.output, subject, reply, headers, payload);
        Ok(())
    }

    /// Listens to a pattern, now and after every reconnect.
    ///
    /// # Errors
    ///
    /// See [`SubscribeError`].
    pub fn subscribe(
        &mut self,
        pattern: &str,
        queue_group: Option<&str>,
    ) -> Result<Sid, SubscribeError> {
        if self.phase == Phase::Closed {
            return Err(SubscribeError::Closed);
        }
        if !is_subscribable(pattern) {
            return Err(SubscribeError::InvalidPattern);
        }
        if !queue_group.is_none_or(is_queue_group) {
            return Err(SubscribeError::InvalidQueueGroup);
        }
        let max = self.options.max_subscriptions;
        if self.subscriptions.len() >= max {
            let limit = error::SUBSCRIPTIONS;
            return Err(SubscribeError::Overloaded { limit, max });
        }
        let line = pattern.len() + queue_group.map_or(0, str::len) + LINE_OVERHEAD;
        if self.is_full(line) {
            let (limit, max) = (error::PENDING_BYTES, self.options.max_pending_bytes);
            return Err(SubscribeError::Overloaded { limit, max });
        }
        let sid = self.subscriptions.add(pattern, queue_group);
        if self.has_joined() {
            encode::subscribe(&mut self.output, pattern, queue_group, &sid.to_string());
        }
        Ok(sid)
    }

    /// Stops listening. Messages of it that are on their way are dropped. Never refused: there are
    /// not more of these than there were subscriptions.
    pub fn unsubscribe(&mut self, sid: Sid) {
        if self.subscriptions.remove(sid) && self.has_joined() {
            encode::unsubscribe(&mut self.output, &sid.to_string(), None);
        }
    }

    /// Whether a message for this subscription is still wanted.
    #[must_use]
    pub fn accepts(&self, sid: Sid) -> bool {
        self.subscriptions.contains(sid)
    }

    /// Asks the broker to say when it has read everything up to here. `None`: not ready.
    pub fn ping(&mut self) -> Option<Ticket> {
        self.is_ready().then(|| {
            encode::ping(&mut self.output);
            self.keepalive.pinged()
        })
    }

    /// Whether bytes wait to be taken.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Swaps everything that waits into `written`, whose old content the host has finished with.
    /// Taking nothing is how the host says that the last bytes are written.
    pub fn take_output(&mut self, written: &mut Vec<u8>) {
        written.clear();
        written.shrink_to(KEEP_OUTPUT);
        std::mem::swap(&mut self.output, written);
        self.in_write = written.len();
    }

    pub(super) fn is_full(&self, more: usize) -> bool {
        let pending = self.output.len() + self.in_write;
        // With nothing else waiting, whatever the broker takes is let through.
        pending > 0 && pending.saturating_add(more) > self.options.max_pending_bytes
    }

    /// Whether CONNECT is written, so that other commands may follow it.
    fn has_joined(&self) -> bool {
        matches!(self.phase, Phase::Joining { .. } | Phase::Ready)
    }
}

fn is_publishable(subject: &str) -> bool {
    subject.len() <= MAX_SUBJECT && is_valid_subject(subject)
}

fn is_subscribable(pattern: &str) -> bool {
    pattern.len() <= MAX_SUBJECT && is_valid_pattern(pattern)
}

fn is_queue_group(name: &str) -> bool {
    let is_word = !name.bytes().any(|byte| byte <= b' ' || byte == 0x7f);
    is_word && (1..=MAX_SUBJECT).contains(&name.len())
}
