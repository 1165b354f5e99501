//! The client's side of the protocol: one logical connection that outlives its sockets.
//!
//! Two machines, both without sockets, clock, lock or thread. [`Inbound`] turns the bytes of one
//! socket into operations and hands out messages that borrow from its buffer. [`Link`] decides:
//! handshake, subscriptions, keepalive, reconnects, and the bytes to write.
//!
//! # For whoever drives them
//!
//! - Ask [`Link::step`] what to do; it says [`Step::Dial`] once per dial. Answer with
//!   [`Link::connected`] or, if there is no socket, [`Link::socket_closed`].
//! - Make a new [`Inbound`] per socket, read into [`Inbound::space`], say [`Link::heard`], and take
//!   every [`Inbound::next`]: a message goes to its owner if [`Link::accepts`] it, everything else to
//!   [`Link::received`].
//! - Asked to [`Secure`](Event::Secure), do the TLS handshake, make a new [`Inbound`] and say
//!   [`Link::secured`]; asked to [`Identify`](Event::Identify), say [`Link::identify`].
//! - While [`Link::is_leaving`], say [`Link::leave`] when less is in flight; once [`Link::is_finishing`],
//!   [`Link::suspend`] what brings work before that, and send no new requests.
//! - Write what [`Link::take_output`] yields, in order and before taking again.
//! - Call [`Link::timer`] when [`Link::next_deadline`] has come.
//! - When told to drop the socket, or when it ends by itself, say [`Link::socket_closed`].
//!
//! # What it promises
//!
//! Nothing is ever sent later than on the socket it was accepted for: a publish without a ready
//! broker is refused, and unwritten bytes end with their socket. *Ready* comes after the broker has
//! taken every subscription. Nothing that another client publishes can end the connection.

mod backoff;
mod commands;
mod error;
mod event;
mod inbound;
mod keepalive;
mod leaving;
mod link;
mod login;
mod options;
mod receive;
mod server_error;
mod servers;
mod subscriptions;
#[cfg(test)]
mod tests;

pub use backoff::Backoff;
pub use commands::MAX_SUBJECT;
pub use error::{PENDING_BYTES, PublishError, SUBSCRIPTIONS, SubscribeError};
pub use event::{DropReason, Event, SocketEnd, Step};
pub use inbound::{Inbound, Incoming};
pub use keepalive::Ticket;
pub use link::Link;
pub use login::Login;
pub use options::{LinkOptions, TlsUse};
pub use server_error::ServerError;
pub use servers::MAX_LEARNT_SERVERS;
pub use subscriptions::Sid;

/// One message on a subscription, borrowed from the buffer it was read into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// The subscription it came for.
    pub sid: Sid,
    /// Where it was published to.
    pub subject: &'a str,
    /// Where an answer is wanted. Any publisher may name any subject here.
    pub reply: Option<&'a str>,
    /// The header block as it travels. A real broker does not check that it is well formed.
    pub headers: Option<&'a [u8]>,
    /// The body.
    pub payload: &'a [u8],
}

impl Delivery<'_> {
    /// Whether the broker says with it that a request reached nobody.
    #[must_use]
    pub fn is_no_responders(&self) -> bool {
        const NO_RESPONDERS: u16 = 503;
        self.payload.is_empty()
            && self.headers.and_then(crate::codec::status_code) == Some(NO_RESPONDERS)
    }
}
