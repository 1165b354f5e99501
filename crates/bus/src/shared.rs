//! What the callers of a connection and its task share: one lock, held briefly, and one wake-up.
//!
//! Callers append to the link's output and wake the task only if it sleeps, so everything that is
//! appended before the task gets to write leaves in one write. The subscriber and the read buffer
//! belong to the task alone: nothing of the owner's ever runs under this lock.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_nats::client::{Delivery, Link, PublishError, Sid, SocketEnd, SubscribeError};
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::Instant;
use uuid::Uuid;

use crate::ConnectOptions;
use crate::attempts::Attempts;
use crate::flush::Flushes;
use crate::hold::Holds;
use crate::request::{Outcome, Requests};

/// Whether anything can be sent, for those who wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    Connecting,
    Ready,
    /// A broker that is about to stop is being left: what is in flight is finished, no more.
    Finishing,
    Closed,
}

/// Stands for instants that the clock cannot express.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

pub(crate) struct State {
    pub(crate) link: Link,
    pub(crate) requests: Requests,
    pub(crate) flushes: Flushes,
    /// The subscription of all replies.
    inbox: Option<Sid>,
    /// The task will look at the output without being woken.
    awake: bool,
    closing: bool,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    pub(crate) wake: Notify,
    pub(crate) availability: watch::Sender<Availability>,
    /// What came of dialling since a broker was last ready.
    pub(crate) attempts: watch::Sender<Attempts>,
    /// Messages that could not be understood, on all sockets.
    refused: AtomicU64,
    pub(crate) holds: Holds,
    origin: Instant,
}

/// Whom a message is for.
pub(crate) enum Recipient {
    Subscriber,
    Request(oneshot::Sender<Outcome>),
    Nobody,
}

impl Shared {
    pub(crate) fn new(options: &ConnectOptions) -> Self {
        let servers = options
            .servers
            .iter()
            .map(|server| server.to_string().into());
        let mut link = Link::over(options.link(), servers.collect());
        let requests = Requests::new(options.max_requests, Uuid::new_v4().as_u128());
        let inbox = link.subscribe(&requests.pattern(), None).ok();
        Self {
            state: Mutex::new(State {
                link,
                requests,
                flushes: Flushes::default(),
                inbox,
                awake: false,
                closing: false,
            }),
            wake: Notify::new(),
            availability: watch::Sender::new(Availability::Connecting),
            attempts: watch::Sender::new(Attempts::default()),
            refused: AtomicU64::new(0),
            holds: Holds::default(),
            origin: Instant::now(),
        }
    }

    /// The link's clock.
    pub(crate) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    pub(crate) fn instant(&self, since_origin: Duration) -> Instant {
        let far = || Instant::now() + FAR;
        self.origin.checked_add(since_origin).unwrap_or_else(far)
    }

    /// No code of the owner's runs under the lock, so a poisoned one holds nothing half done.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a command that may leave output, and wakes the task if it has to write it.
    pub(crate) fn command<R>(&self, command: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.lock();
        let result = command(&mut state);
        let must_wake = !state.awake && state.link.has_output();
        state.awake |= must_wake;
        drop(state);
        if must_wake {
            self.wake.notify_one();
        }
        result
    }

    /// What the task has to write next. When it is nothing, the task may sleep.
    pub(crate) fn take_output(&self, written: &mut Vec<u8>) {
        let mut state = self.lock();
        state.link.take_output(written);
        state.awake = !written.is_empty();
    }

    /// The task has read something, and will look at the output after handling it.
    pub(crate) fn heard(&self) {
        let mut state = self.lock();
        state.link.heard();
        state.awake = true;
    }

    /// So many more messages could not be understood.
    pub(crate) fn refused(&self, more: u64) {
        if more > 0 {
            self.refused.fetch_add(more, Ordering::Relaxed);
        }
    }

    pub(crate) fn messages_refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    pub(crate) fn recipient(&self, message: &Delivery<'_>) -> Recipient {
        let mut state = self.lock();
        if !state.link.accepts(message.sid) {
            return Recipient::Nobody;
        }
        if state.inbox != Some(message.sid) {
            return Recipient::Subscriber;
        }
        match state.requests.take(message.subject) {
            Some(waiting) => Recipient::Request(waiting),
            None => Recipient::Nobody,
        }
    }

    /// Goes to another server, if the broker wants that and nothing is in flight.
    pub(crate) fn leave(&self) {
        let now = self.now();
        let mut state = self.lock();
        let in_flight = state.requests.len() + self.holds.alive();
        state.link.leave(now, in_flight);
    }

    /// The socket is gone: everything that waited on it is failed before anybody hears of it.
    pub(crate) fn socket_closed(&self) -> Option<SocketEnd> {
        let (now, random) = (self.now(), Uuid::new_v4().as_u64_pair().1);
        let mut state = self.lock();
        let end = state.link.socket_closed(now, random);
        let requests = state.requests.take_all();
        state.flushes.fail();
        self.holds.watch(false);
        drop(state);
        drop(requests);
        end
    }

    pub(crate) fn begin_close(&self) {
        self.lock().closing = true;
        self.wake.notify_one();
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.lock().closing
    }

    /// Resolves when the owner wants no more.
    pub(crate) async fn closing(&self) {
        while !self.is_closing() {
            self.wake.notified().await;
        }
    }

    /// Nothing will ever work again.
    pub(crate) fn closed(&self) {
        self.socket_closed();
        let mut state = self.lock();
        state.closing = true;
        state.link.close();
        drop(state);
        self.availability.send_replace(Availability::Closed);
    }
}

impl State {
    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    pub(crate) fn publish(
        &mut self,
        subject: &str,
        reply: Option<&str>,
        headers: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<(), PublishError> {
        if self.closing {
            return Err(PublishError::Closed);
        }
        self.link.publish(subject, reply, headers, payload)
    }

    pub(crate) fn subscribe(
        &mut self,
        pattern: &str,
        queue_group: Option<&str>,
    ) -> Result<Sid, SubscribeError> {
        if self.closing {
            return Err(SubscribeError::Closed);
        }
        self.link.subscribe(pattern, queue_group)
    }

    pub(crate) fn request(
        &mut self,
        subject: &str,
        headers: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<(u64, oneshot::Receiver<Outcome>), PublishError> {
        if self.closing {
            return Err(PublishError::Closed);
        }
        // It may not be answered on this socket any more, and the next one is soon there.
        if self.link.is_finishing() {
            return Err(PublishError::NotConnected);
        }
        let (number, reply) = self.requests.next()?;
        self.link.publish(subject, Some(reply), headers, payload)?;
        Ok((number, self.requests.insert(number)))
    }
}
