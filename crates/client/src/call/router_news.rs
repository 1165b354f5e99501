//! News that a request on its way may be lost: the router had lost its NATS server, or another router
//! serves now. On the embedded broker the caller's own connection ends with the router's; on a real
//! NATS server it does not, and only this tells the caller before its deadline.

use std::sync::OnceLock;

use aegis_bus::{Connection, Delivery, Sid};
use aegis_wire::Subjects;
use aegis_wire::event::RouterEvent;
use tokio::sync::watch;

/// What a client heard of its routers. It listens only once somebody wants to know.
#[derive(Debug, Default)]
pub(crate) struct RouterNews {
    subscription: OnceLock<Option<Sid>>,
    losses: watch::Sender<u64>,
}

impl RouterNews {
    /// From now on, every loss is heard of. The subscription travels before whatever is published
    /// next on this connection.
    pub(super) fn losses(
        &self,
        connection: &Connection,
        subjects: &Subjects,
    ) -> watch::Receiver<u64> {
        // Refused, the caller learns of it by its deadline: that is no reason to refuse its call.
        self.subscription
            .get_or_init(|| connection.subscribe(&subjects.router_event(), None).ok());
        self.losses.subscribe()
    }

    /// Whether the message was for it.
    pub(crate) fn on_message(&self, message: &Delivery<'_>) -> bool {
        let listens = self.subscription.get().copied().flatten();
        if listens != Some(message.sid) {
            return false;
        }
        if RouterEvent::decode(message.payload).is_ok_and(|event| event.loses_requests()) {
            self.losses.send_modify(|losses| *losses += 1);
        }
        true
    }
}
