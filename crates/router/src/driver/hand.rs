//! The message just received: effects that answer "the asker" are carried out on it.

use aegis_wire::call::{InstanceReply, RouteRequest};

/// What is in hand while the effects of one event are carried out.
pub(super) enum Hand<'a> {
    /// Nothing: a timer, a connection, a proof of non-delivery.
    Nothing,
    /// A caller's request.
    Request(&'a RouteRequest<'a>),
    /// An instance's reply, read and as it came.
    Reply {
        /// Read.
        reply: &'a InstanceReply<'a>,
        /// As it came.
        body: &'a [u8],
    },
    /// A registration.
    Registration(super::register::Asker<'a>),
    /// A deregistration.
    Deregistration(super::register::Asker<'a>),
    /// An operator's word: where the answer goes, service and instance.
    Operator {
        /// Where the answer goes.
        reply: &'a str,
        /// The service named.
        service: &'a str,
        /// The instance named.
        instance: &'a str,
    },
    /// A heartbeat.
    Heartbeat(super::heartbeat::Asker<'a>),
}
