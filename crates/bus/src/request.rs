//! Requests that wait for their reply.
//!
//! All replies of a connection come over one subscription, `_INBOX.<random>.*`. The last token is
//! the number of the request, so that a reply costs one lookup and no request a subscription.

use aegis_nats::client::{Delivery, PublishError};
use aegis_nats::codec::encode;
use bytes::Bytes;
use rustc_hash::FxHashMap;
use tokio::sync::oneshot;

use crate::shared::Shared;

/// Name of the limit on requests in flight, as refusals give it.
pub const REQUESTS: &str = "max_requests";

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The header block as it travels.
    pub headers: Option<Bytes>,
    /// The body.
    pub payload: Bytes,
}

/// Why a request has no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It was not sent.
    #[error("the request was not sent: {0}")]
    NotSent(#[from] PublishError),
    /// It reached nobody: the broker says that there is no subscriber.
    #[error("nobody listens there")]
    NoResponders,
    /// The connection was lost before a reply came. Whether anybody got the request is unknown.
    #[error("the connection to the broker was lost while waiting for the reply")]
    ConnectionLost,
    /// No reply came in time. Whether anybody got the request is unknown.
    #[error("no reply came in time")]
    TimedOut,
}

impl RequestError {
    /// A stable name for programs and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSent(error) => error.code(),
            Self::NoResponders => "NO_RESPONDERS",
            Self::ConnectionLost => "CONNECTION_LOST",
            Self::TimedOut => "TIMED_OUT",
        }
    }

    /// Whether sending it again can succeed *and* cannot make anything happen twice.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::NotSent(error) => error.is_retryable(),
            Self::NoResponders => true,
            Self::ConnectionLost | Self::TimedOut => false,
        }
    }
}

/// How a request ended. A dropped sender is a lost connection.
pub(crate) type Outcome = Result<Reply, NoResponders>;

#[derive(Debug)]
pub(crate) struct NoResponders;

/// Everyone who waits for a reply.
#[derive(Debug)]
pub(crate) struct Requests {
    waiting: FxHashMap<u64, oneshot::Sender<Outcome>>,
    last: u64,
    max: usize,
    /// The reply subject of the latest request; its beginning never changes.
    subject: Vec<u8>,
    prefix: usize,
}

impl Requests {
    /// `random` makes the inbox one that nobody else can guess.
    pub(crate) fn new(max: usize, random: u128) -> Self {
        let subject = format!("_INBOX.{random:032x}.").into_bytes();
        Self {
            waiting: FxHashMap::default(),
            last: 0,
            max,
            prefix: subject.len(),
            subject,
        }
    }

    /// The pattern under which all replies come.
    pub(crate) fn pattern(&self) -> String {
        let prefix = self.subject.get(..self.prefix).unwrap_or_default();
        format!("{}*", String::from_utf8_lossy(prefix))
    }

    /// The next request's number and reply subject. It waits for nothing before [`Self::insert`].
    pub(crate) fn next(&mut self) -> Result<(u64, &str), PublishError> {
        if self.waiting.len() >= self.max {
            let (limit, max) = (REQUESTS, self.max);
            return Err(PublishError::Overloaded { limit, max });
        }
        self.last += 1;
        self.subject.truncate(self.prefix);
        encode::number(&mut self.subject, self.last);
        Ok((
            self.last,
            std::str::from_utf8(&self.subject).unwrap_or_default(),
        ))
    }

    pub(crate) fn insert(&mut self, number: u64) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.insert(number, sender);
        receiver
    }

    /// Who waits for a message that came to the inbox. A late or forged one finds nobody.
    pub(crate) fn take(&mut self, subject: &str) -> Option<oneshot::Sender<Outcome>> {
        let number = subject.get(self.prefix..)?.parse().ok()?;
        self.waiting.remove(&number)
    }

    pub(crate) fn forget(&mut self, number: u64) {
        self.waiting.remove(&number);
    }

    /// Everyone who waits, to be dropped outside the lock.
    pub(crate) fn take_all(&mut self) -> FxHashMap<u64, oneshot::Sender<Outcome>> {
        std::mem::take(&mut self.waiting)
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

/// Turns what came to the inbox into the end of its request. The body is copied: it outlives the
/// read buffer.
pub(crate) fn settle(waiting: oneshot::Sender<Outcome>, message: &Delivery<'_>) {
    let outcome = if message.is_no_responders() {
        Err(NoResponders)
    } else {
        Ok(Reply {
            headers: message.headers.map(Bytes::copy_from_slice),
            payload: Bytes::copy_from_slice(message.payload),
        })
    };
    // It may have given up just now.
    let _ = waiting.send(outcome);
}

/// Takes a request out of the table when its caller stops waiting, for whatever reason.
pub(crate) struct Forget<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) number: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.shared.lock().requests.forget(self.number);
        if self.shared.holds.is_watched() {
            self.shared.wake.notify_one();
        }
    }
}
