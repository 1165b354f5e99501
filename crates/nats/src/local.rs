//! A peer that lives in the switch's own thread: no socket, no channel, no wake per message.
//!
//! The router's driver is one. The switch calls it for every message that matches one of its
//! subscriptions and then takes what it left in its [`Outbox`]; whoever drives the switch calls
//! [`LocalPeer::on_timer`] when [`LocalPeer::next_deadline`] has come. Nothing here waits.
//!
//! `now` is the span since an origin that the host chose and never changes.

use std::ops::Range;
use std::time::Duration;

/// One connection of the switch. Never reused while the switch lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PeerId(pub u64);

/// One message, borrowed from the buffer it was read into.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The connection that published it. A real NATS server does not say.
    pub from: Option<PeerId>,
    /// Where it was published to.
    pub subject: &'a str,
    /// Where an answer is wanted.
    pub reply: Option<&'a str>,
    /// The header block as it travels, from `NATS/1.0` to the empty line.
    pub headers: Option<&'a [u8]>,
    /// The body.
    pub payload: &'a [u8],
}

/// Who ended a connection. Only the peer's own close is evidence about the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// End of file, reset or broken pipe: the other side closed it, or its process is gone.
    Peer,
    /// We closed it: slow consumer, stale, protocol error, limit, shutdown. Proves nothing.
    Us,
}

/// What happened to connections and inboxes.
#[derive(Clone, Copy, Debug)]
pub enum PeerEvent<'a> {
    /// A connection ended. Everything it had sent was delivered before this.
    Closed {
        /// The connection.
        peer: PeerId,
        /// Who ended it.
        by: ClosedBy,
    },
    /// A watched subject got its first exact subscriber.
    InterestGained {
        /// The subject, without wildcards.
        subject: &'a str,
    },
    /// A watched subject lost its last exact subscriber.
    InterestLost {
        /// The subject, without wildcards.
        subject: &'a str,
    },
}

/// A machine hosted by the switch.
pub trait LocalPeer {
    /// Patterns it receives messages for, with the queue group it shares them in. Asked once.
    fn subscriptions(&self) -> Vec<(String, Option<String>)>;

    /// Patterns of subjects whose gain and loss of exact subscribers it wants to hear of. Asked
    /// once.
    fn watches(&self) -> Vec<String>;

    /// A message on one of its subscriptions.
    fn on_message(&mut self, now: Duration, message: &Message<'_>);

    /// A publish that carried `token` reached nobody.
    fn on_no_responders(&mut self, now: Duration, token: u128);

    /// A connection or a watched subject changed.
    fn on_peer(&mut self, now: Duration, event: PeerEvent<'_>);

    /// Its deadline has come. Bounded work: it may ask to be called again at once by leaving
    /// `next_deadline` in the past.
    fn on_timer(&mut self, now: Duration);

    /// When it wants `on_timer`.
    fn next_deadline(&self) -> Option<Duration>;

    /// The host is stopping: take no new work. The host goes on until `is_idle` or its grace ends.
    fn on_shutdown(&mut self, now: Duration);

    /// Whether nothing is left to wait for during a shutdown.
    fn is_idle(&self) -> bool;

    /// What it wants sent. The switch takes it after every call above.
    fn outbox(&mut self) -> &mut Outbox;
}

/// One message in an [`Outbox`]: ranges into its text and bytes.
#[derive(Clone, Debug)]
pub struct Publish {
    subject: Range<usize>,
    reply: Range<usize>,
    headers: Range<usize>,
    payload: Range<usize>,
    /// Told to [`LocalPeer::on_no_responders`] if nobody receives it.
    pub token: Option<u128>,
}

/// Messages waiting to be published, in order, in one buffer that is used again.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Subjects and reply subjects.
    text: String,
    /// Header blocks and bodies.
    bytes: Vec<u8>,
    publishes: Vec<Publish>,
}

impl Outbox {
    /// Appends a message. Its body is written by `payload` straight into the buffer.
    pub fn publish(
        &mut self,
        subject: &str,
        reply: Option<&str>,
        headers: &[u8],
        token: Option<u128>,
        payload: impl FnOnce(&mut Vec<u8>),
    ) {
        let subject = self.append_text(subject);
        let reply = self.append_text(reply.unwrap_or_default());
        let headers = self.append(headers);
        let start = self.bytes.len();
        payload(&mut self.bytes);
        let payload = start..self.bytes.len();
        self.publishes.push(Publish {
            subject,
            reply,
            headers,
            payload,
            token,
        });
    }

    fn append_text(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    fn append(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    /// The messages, oldest first.
    pub fn publishes(&self) -> &[Publish] {
        &self.publishes
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.publishes.is_empty()
    }

    /// Forgets what was taken and keeps the buffers, unless a burst made them large.
    pub fn clear(&mut self) {
        const KEEP: usize = 256 * 1024;
        const KEEP_PUBLISHES: usize = 1_024;
        self.publishes.clear();
        self.publishes.shrink_to(KEEP_PUBLISHES);
        self.text.clear();
        self.text.shrink_to(KEEP);
        self.bytes.clear();
        self.bytes.shrink_to(KEEP);
    }

    /// The subject of a message.
    pub fn subject(&self, publish: &Publish) -> &str {
        &self.text[publish.subject.clone()]
    }

    /// The reply subject of a message.
    pub fn reply(&self, publish: &Publish) -> Option<&str> {
        Some(&self.text[publish.reply.clone()]).filter(|reply| !reply.is_empty())
    }

    /// The header block of a message, as it travels.
    pub fn headers(&self, publish: &Publish) -> Option<&[u8]> {
        Some(&self.bytes[publish.headers.clone()]).filter(|headers| !headers.is_empty())
    }

    /// The body of a message.
    pub fn payload(&self, publish: &Publish) -> &[u8] {
        &self.bytes[publish.payload.clone()]
    }
}
