use aegis_plants::Plant;

use super::Switch;
use super::route::{Delivery, Origin, Parcel};
use super::slots::Key;
use super::table::Owner;
use crate::{LocalPeer, PeerId};

impl<L: LocalPeer> Switch<L> {
    /// Tells the publisher of a request that nobody got it, on its own subscription to the reply
    /// subject, as nats-server does.
    pub(super) fn answer_no_responders(&mut self, id: PeerId, subject: &str, reply: &str) {
        let mut matches = std::mem::take(&mut self.matches);
        self.table.find(reply, &mut matches);
        let is_own = |key: &&Key| {
            let subscription = self.table.get(**key);
            subscription.is_some_and(|subscription| subscription.owner == Owner::Peer(id))
        };
        let mut own = matches.plain.iter().find(is_own).copied();
        if Plant::NoRespondersNotSent.is_sown() {
            own = None;
        }
        self.matches = matches;
        let Some(key) = own else {
            return;
        };
        let mut headers = std::mem::take(&mut self.no_responders_headers);
        headers.clear();
        headers.extend_from_slice(b"NATS/1.0 503\r\nNats-Subject: ");
        headers.extend_from_slice(subject.as_bytes());
        headers.extend_from_slice(b"\r\n\r\n");
        let parcel = Parcel {
            subject: reply,
            reply: None,
            headers: Some(&headers),
            payload: b"",
        };
        let origin = Origin::Local;
        if self.deliver(key, &parcel, origin) == Delivery::Queued {
            self.counters.no_responders += 1;
        }
        self.no_responders_headers = headers;
    }
}
