use std::time::Duration;

use aegis_plants::Plant;

use super::slots::Key;
use super::table::Owner;
use super::{Switch, key_of};
use crate::codec::encode;
use crate::{LocalPeer, Message, PeerId};

/// What travels, borrowed from where it was read or written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel<'a> {
    pub(super) subject: &'a str,
    pub(super) reply: Option<&'a str>,
    pub(super) headers: Option<&'a [u8]>,
    pub(super) payload: &'a [u8],
}

/// Who published.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    Local,
    Peer { id: PeerId, echo: bool },
}

/// What became of a message at one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It waits to be written.
    Queued,
    /// The local peer gets it, once, after the others.
    ToLocal,
    /// The publisher's own, and it wants no echo.
    Skipped,
    /// The subscription is not there any more, maybe because its connection was just cut.
    Gone,
}

impl Delivery {
    fn is_received(self) -> bool {
        matches!(self, Delivery::Queued | Delivery::ToLocal)
    }
}

impl<L: LocalPeer> Switch<L> {
    /// Brings a message to everyone it reaches; answers whether anyone got it. A message that cuts
    /// off a slow consumer was not received by it.
    pub(super) fn route(&mut self, now: Duration, parcel: &Parcel<'_>, origin: Origin) -> bool {
        let mut matches = std::mem::take(&mut self.matches);
        self.table.find(parcel.subject, &mut matches);
        let mut was_received = false;
        let mut is_for_local = false;
        for key in &matches.plain {
            let delivery = self.deliver(*key, parcel, origin);
            was_received |= delivery.is_received();
            is_for_local |= delivery == Delivery::ToLocal;
        }
        for at in 0..matches.groups.len() {
            let delivery = self.deliver_to_group(&matches.groups, at, parcel, origin);
            was_received |= delivery.is_received();
            is_for_local |= delivery == Delivery::ToLocal;
        }
        matches.give_back();
        self.matches = matches;
        if is_for_local && let Origin::Peer { id, .. } = origin {
            let message = Message {
                from: Some(id),
                subject: parcel.subject,
                reply: parcel.reply,
                headers: parcel.headers,
                payload: parcel.payload,
            };
            self.local.on_message(now, &message);
        }
        was_received
    }

    /// Queues a message for one subscription.
    pub(super) fn deliver(&mut self, key: Key, parcel: &Parcel<'_>, origin: Origin) -> Delivery {
        let Some(subscription) = self.table.get_mut(key) else {
            return Delivery::Gone;
        };
        let to = match (subscription.owner, origin) {
            (Owner::Local, Origin::Local) => return Delivery::Skipped,
            (Owner::Local, Origin::Peer { .. }) => return Delivery::ToLocal,
            (Owner::Peer(to), Origin::Peer { id, echo: false }) if to == id => {
                return Delivery::Skipped;
            }
            (Owner::Peer(to), _) => to,
        };
        subscription.delivered += 1;
        let one_more = u64::from(Plant::LastDeliveryNotLast.is_sown());
        let is_last = subscription
            .max
            .is_some_and(|max| subscription.delivered >= max + one_more);
        let Some(peer) = self.peers.get_mut(key_of(to)) else {
            return Delivery::Gone;
        };
        let headers = parcel.headers.filter(|_| peer.options.headers);
        let sid = &*subscription.sid;
        let before = peer.output.pending().len();
        let fits = peer.output.append(self.config.limits.max_pending, |out| {
            encode::message(
                out,
                parcel.subject,
                sid,
                parcel.reply,
                headers,
                parcel.payload,
            );
        });
        if !fits {
            self.cut(to, super::CutReason::SlowConsumer);
            return Delivery::Gone;
        }
        let grown = peer.output.pending().len() - before;
        if !peer.is_dirty {
            peer.is_dirty = true;
            self.dirty.push(to);
        }
        if !self.note_pending(to, grown) {
            return Delivery::Gone;
        }
        self.counters.messages_out += 1;
        if is_last {
            self.end_subscription(key);
        }
        Delivery::Queued
    }

    /// Takes a subscription out of the table and from its connection.
    pub(super) fn end_subscription(&mut self, key: Key) {
        let Some((subscription, change)) = self.table.unsubscribe(key) else {
            return;
        };
        if let Owner::Peer(id) = subscription.owner
            && let Some(peer) = self.peers.get_mut(key_of(id))
        {
            peer.subscriptions.remove(&subscription.sid);
        }
        self.notice_interest(change);
    }
}
