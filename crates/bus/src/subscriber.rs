//! Whoever a connection works for.

use aegis_nats::client::{Delivery, ServerError};

/// Hears what comes over a connection. Called on the connection's task, one call at a time and with
/// no lock held, so it may use the [`Connection`](crate::Connection); it must not block, since
/// nothing else of the connection moves meanwhile.
///
/// A panic in here ends the connection for good.
pub trait Subscriber: Send + 'static {
    /// A message on one of the subscriptions. It borrows from the read buffer.
    fn on_message(&mut self, message: Delivery<'_>);

    /// The broker has taken our name and every subscription; publishing is possible.
    fn on_ready(&mut self, first: bool) {
        let _ = first;
    }

    /// The socket is gone, and not because its owner closed the connection. Requests in flight on
    /// it have been failed already.
    fn on_lost(&mut self) {}

    /// The broker is about to stop and another one is known: nothing new is to be taken on this socket,
    /// and new requests are refused as not connected. Whoever has work that is still to be answered
    /// [holds](crate::Connection::hold) the connection now, and [suspends](crate::Connection::suspend)
    /// what brings more; publishing goes on. [`on_lost`](Self::on_lost) follows when nothing is in
    /// flight, after [`leave_patience`](crate::ConnectOptions::leave_patience) at the latest.
    fn on_leaving(&mut self) {}

    /// The broker refused one command and goes on: in its own words, which name the subject. It is
    /// logged in any case, and says nothing of other commands.
    fn on_refused(&mut self, kind: ServerError, text: &str) {
        let _ = (kind, text);
    }

    /// No broker can be reached, for this reason. Said once per outage, not per attempt.
    fn on_waiting(&mut self, server: &str, error: &str) {
        let _ = (server, error);
    }
}
