use std::time::Duration;

use super::route::{Origin, Parcel};
use super::table::Owner;
use super::{CutReason, PeerOptions, PeerState, Switch, key_of};
use crate::codec::{ClientOp, ConnectInfo, encode};
use crate::{LocalPeer, PeerId};

impl<L: LocalPeer> Switch<L> {
    /// Does one operation of a client.
    pub(super) fn operate(&mut self, now: Duration, id: PeerId, op: ClientOp<'_>) {
        match op {
            ClientOp::Publish {
                subject,
                reply,
                headers,
                payload,
            } => {
                let parcel = Parcel {
                    subject,
                    reply,
                    headers,
                    payload,
                };
                self.publish(now, id, &parcel);
            }
            ClientOp::Ping => {
                self.queue(id, |_, out| encode::pong(out));
            }
            // Whatever was heard counts as an answer to our pings.
            ClientOp::Pong => {}
            ClientOp::Subscribe {
                subject,
                queue_group,
                sid,
            } => self.subscribe(id, subject, queue_group, sid),
            ClientOp::Unsubscribe { sid, max } => {
                self.unsubscribe(id, sid, max);
                self.acknowledge(id);
            }
            ClientOp::Connect(json) => self.connect(id, json),
        }
    }

    /// Refuses one operation and keeps the connection.
    pub(super) fn refuse(&mut self, id: PeerId, text: &str) {
        self.counters.operations_refused += 1;
        self.queue(id, |_, out| encode::err(out, text));
    }

    /// `+OK` to those who asked for it.
    fn acknowledge(&mut self, id: PeerId) {
        let peer = self.peers.get(key_of(id));
        if peer.is_some_and(|peer| peer.options.verbose) {
            self.queue(id, |_, out| encode::ok(out));
        }
    }

    fn connect(&mut self, id: PeerId, json: &[u8]) {
        // An array is no object, though one would do to fill a record.
        let info = serde_json::from_slice::<ConnectInfo>(json);
        let Some(info) = info.ok().filter(|_| json.starts_with(b"{")) else {
            self.cut(id, CutReason::MalformedConnect);
            return;
        };
        if let Some(peer) = self.peers.get_mut(key_of(id)) {
            peer.state = PeerState::Connected;
            peer.options = PeerOptions::of(&info);
            peer.name = info.name.map(String::into_boxed_str);
        }
        self.acknowledge(id);
    }

    fn publish(&mut self, now: Duration, id: PeerId, parcel: &Parcel<'_>) {
        let Some(peer) = self.peers.get(key_of(id)) else {
            return;
        };
        let options = peer.options;
        if parcel.headers.is_some() && !options.headers {
            self.refuse(id, "message headers not supported");
            return;
        }
        self.counters.messages_in += 1;
        if options.verbose {
            self.acknowledge(id);
        }
        let origin = Origin::Peer {
            id,
            echo: options.echo,
        };
        let was_received = self.route(now, parcel, origin);
        if let Some(reply) = parcel.reply
            && !was_received
            && options.no_responders
        {
            self.answer_no_responders(id, parcel.subject, reply);
        }
    }

    fn subscribe(&mut self, id: PeerId, subject: &str, queue_group: Option<&str>, sid: &str) {
        let Some(peer) = self.peers.get_mut(key_of(id)) else {
            return;
        };
        // nats-server ignores a second subscription under a known sid, and so do we.
        if !peer.subscriptions.contains_key(sid) {
            if peer.subscriptions.len() >= self.config.limits.max_subscriptions {
                self.counters.subscriptions_limited += 1;
                self.refuse(id, "maximum subscriptions exceeded");
                return;
            }
            let (key, change) = self
                .table
                .subscribe(Owner::Peer(id), sid, subject, queue_group);
            peer.subscriptions.insert(sid.into(), key);
            self.notice_interest(change);
        }
        self.acknowledge(id);
    }

    fn unsubscribe(&mut self, id: PeerId, sid: &str, max: Option<u64>) {
        let Some(peer) = self.peers.get(key_of(id)) else {
            return;
        };
        let Some(key) = peer.subscriptions.get(sid).copied() else {
            return;
        };
        let Some(subscription) = self.table.get_mut(key) else {
            return;
        };
        subscription.max = max.filter(|max| *max > subscription.delivered);
        if subscription.max.is_none() {
            self.end_subscription(key);
        }
    }
}
