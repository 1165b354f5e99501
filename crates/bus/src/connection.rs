//! The handle of a connection.

use std::sync::{Arc, Weak};
use std::time::Duration;

use aegis_nats::client::{PublishError, Sid, SubscribeError};
use tokio::time::timeout;

use crate::request::Forget;
use crate::shared::{Availability, Shared};
use crate::{
    ConnectOptions, DialError, FlushError, Hold, Reply, RequestError, ServerInfo, Subscriber, task,
};

/// One logical connection to a broker. It connects in the background, again and again, until it is
/// closed or its last handle is dropped. Clones are handles of the same connection.
///
/// Nothing is queued while no broker is connected: what cannot be sent now is refused now.
#[derive(Clone)]
pub struct Connection {
    handle: Arc<Handle>,
}

/// A handle that does not keep the connection open; the one for a [`Subscriber`] to hold, which
/// would otherwise keep its own connection alive for ever.
#[derive(Clone)]
pub struct WeakConnection {
    handle: Weak<Handle>,
}

/// Ends the connection when the last owner lets go of it.
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.begin_close();
    }
}

impl Connection {
    /// Opens a connection for `subscriber`. Its task runs on the current tokio runtime, which needs
    /// IO and time enabled.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn open<S: Subscriber>(options: ConnectOptions, subscriber: S) -> Self {
        Self::open_with(options, |_| subscriber)
    }

    /// As [`open`](Self::open), for a subscriber that uses the connection itself.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn open_with<S: Subscriber>(
        options: ConnectOptions,
        subscriber: impl FnOnce(WeakConnection) -> S,
    ) -> Self {
        let shared = Arc::new(Shared::new(&options));
        let handle = Arc::new(Handle {
            shared: Arc::clone(&shared),
        });
        let connection = Self { handle };
        let subscriber = subscriber(connection.downgrade());
        tokio::spawn(task::run(shared, options, subscriber));
        connection
    }

    /// A handle that does not keep the connection open.
    #[must_use]
    pub fn downgrade(&self) -> WeakConnection {
        WeakConnection {
            handle: Arc::downgrade(&self.handle),
        }
    }

    /// Resolves once a broker has taken our subscriptions: at once if that is so now, never if none
    /// is ever reached. It also resolves when the connection is closed; every call then says so.
    pub async fn ready(&self) {
        self.wait_for(|availability| availability != Availability::Connecting)
            .await;
    }

    /// As [`ready`](Self::ready), but for whoever wants to send a request: a connection that is leaving a
    /// broker takes none until it has reached another.
    pub async fn ready_for_requests(&self) {
        let waits = [Availability::Connecting, Availability::Finishing];
        self.wait_for(|availability| !waits.contains(&availability))
            .await;
    }

    /// As [`ready`](Self::ready), but gives up with the reason once each server of the list was tried
    /// in vain and one of them, or we, refused what waiting alone does not mend: wrong credentials, a
    /// certificate that is not trusted, a file that cannot be used. The connection itself goes on
    /// trying, since all of these may be replaced.
    ///
    /// # Errors
    ///
    /// See [`DialError`]; here it [is a refusal](DialError::is_refusal).
    pub async fn established(&self) -> Result<(), DialError> {
        let mut attempts = self.shared().attempts.subscribe();
        let refused = async {
            match attempts.wait_for(|so_far| so_far.is_refused()).await {
                Ok(so_far) => so_far.refusal.clone(),
                Err(_) => None,
            }
        };
        tokio::select! {
            biased;
            () = self.ready() => Ok(()),
            refused = refused => refused.map_or(Ok(()), Err),
        }
    }

    /// Why the last dial since a broker was ready came to nothing, and where.
    #[must_use]
    pub fn last_failure(&self) -> Option<(String, DialError)> {
        self.shared().attempts.borrow().last.clone()
    }

    /// What the connected broker says of itself. `None`: none is connected.
    #[must_use]
    pub fn server_info(&self) -> Option<ServerInfo> {
        ServerInfo::of(&self.shared().lock().link)
    }

    /// Whether publishing is possible now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        let state = self.shared().lock();
        state.link.is_ready() && !state.is_closing()
    }

    /// Most bytes of headers and payload in one message, as the connected broker announced it.
    #[must_use]
    pub fn max_payload(&self) -> Option<usize> {
        self.shared().lock().link.max_payload()
    }

    /// Messages that could not be understood and were skipped, since the connection was opened: a
    /// malformed header block, a subject that is not UTF-8. Any publisher can send them.
    #[must_use]
    pub fn messages_refused(&self) -> u64 {
        self.shared().messages_refused()
    }

    /// Requests that wait for their reply.
    #[must_use]
    pub fn requests_in_flight(&self) -> usize {
        self.shared().lock().requests.len()
    }

    /// Listens to a pattern, from now on and after every reconnect.
    ///
    /// # Errors
    ///
    /// See [`SubscribeError`]. Not being connected is none: subscriptions are sent on connect.
    pub fn subscribe(
        &self,
        pattern: &str,
        queue_group: Option<&str>,
    ) -> Result<Sid, SubscribeError> {
        self.shared()
            .command(|state| state.subscribe(pattern, queue_group))
    }

    /// Stops listening. Messages of it that are on their way are dropped.
    pub fn unsubscribe(&self, sid: Sid) {
        self.shared().command(|state| state.link.unsubscribe(sid));
    }

    /// Stops listening on this socket and listens again on the next one; messages that are on their
    /// way still come. For [`on_leaving`](Subscriber::on_leaving).
    pub fn suspend(&self, sid: Sid) {
        self.shared().command(|state| state.link.suspend(sid));
    }

    /// Says that there is work to be answered over this connection, until the hold is dropped.
    #[must_use]
    pub fn hold(&self) -> Hold {
        Hold::new(self.clone())
    }

    /// Publishes a message, with a header block as it travels (from `NATS/1.0` to the empty line).
    /// `Ok` means that it will be written to the broker connected now, or never.
    ///
    /// # Errors
    ///
    /// See [`PublishError`]. A refused message is never sent.
    pub fn publish(
        &self,
        subject: &str,
        reply: Option<&str>,
        headers: Option<&[u8]>,
        payload: &[u8],
    ) -> Result<(), PublishError> {
        self.shared()
            .command(|state| state.publish(subject, reply, headers, payload))
    }

    /// Publishes a message and waits for the first answer to it. Dropping the future forgets the
    /// request; an answer that comes later is dropped.
    ///
    /// # Errors
    ///
    /// See [`RequestError`], which says for each whether somebody may have got the request.
    pub async fn request(
        &self,
        subject: &str,
        headers: Option<&[u8]>,
        payload: &[u8],
        timeout: Duration,
    ) -> Result<Reply, RequestError> {
        let shared = self.shared();
        let (number, reply) = shared.command(|state| state.request(subject, headers, payload))?;
        let _forget = Forget { shared, number };
        match self::timeout(timeout, reply).await {
            Ok(Ok(Ok(reply))) => Ok(reply),
            Ok(Ok(Err(_))) => Err(RequestError::NoResponders),
            Ok(Err(_)) => Err(RequestError::ConnectionLost),
            Err(_) => Err(RequestError::TimedOut),
        }
    }

    /// Waits until the broker has read everything that was published and subscribed before.
    ///
    /// # Errors
    ///
    /// See [`FlushError`].
    pub async fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        let answered = self.shared().command(|state| {
            if state.is_closing() {
                return Err(FlushError::Closed);
            }
            let ticket = state.link.ping().ok_or(FlushError::NotConnected)?;
            Ok(state.flushes.insert(ticket))
        })?;
        match self::timeout(timeout, answered).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(FlushError::ConnectionLost),
            Err(_) => Err(FlushError::TimedOut),
        }
    }

    /// Refuses everything new, waits until the broker has read what was accepted (at most
    /// [`close_timeout`](ConnectOptions::close_timeout)), and closes the socket. Requests that
    /// still wait then end as [`RequestError::ConnectionLost`].
    ///
    /// Dropping the last handle does the same without waiting for it.
    pub async fn close(&self) {
        self.shared().begin_close();
        self.wait_for(|availability| availability == Availability::Closed)
            .await;
    }

    async fn wait_for(&self, condition: impl Fn(Availability) -> bool) {
        let mut availability = self.shared().availability.subscribe();
        // It fails only without a sender, and the handle holds it.
        let _ = availability.wait_for(|now| condition(*now)).await;
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.handle.shared
    }
}

impl WeakConnection {
    /// The connection, while anybody holds it.
    #[must_use]
    pub fn upgrade(&self) -> Option<Connection> {
        let handle = self.handle.upgrade()?;
        Some(Connection { handle })
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("is_connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for WeakConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeakConnection").finish_non_exhaustive()
    }
}
