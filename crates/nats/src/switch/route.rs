use std::time::Duration;

use super::slots::Key;
use super::table::{Matches, Owner};
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
enum Delivery {
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
            let delivery = self.deliver_to_group(&matches, at, parcel, origin);
            was_received |= delivery.is_received();
            is_for_local |= delivery == Delivery::ToLocal;
        }
        self.matches = matches;
        if is_for_local && let Origin::Peer { id, .. } = origin {
            let message = Message {
                from: id,
                subject: parcel.subject,
                reply: parcel.reply,
                headers: parcel.headers,
                payload: parcel.payload,
            };
            self.local.on_message(now, &message);
        }
        was_received
    }

    fn deliver(&mut self, key: Key, parcel: &Parcel<'_>, origin: Origin) -> Delivery {
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
        let is_last = subscription
            .max
            .is_some_and(|max| subscription.delivered >= max);
        let Some(peer) = self.peers.get_mut(key_of(to)) else {
            return Delivery::Gone;
        };
        let headers = parcel.headers.filter(|_| peer.options.headers);
        let sid = &*subscription.sid;
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
        if !peer.is_dirty {
            peer.is_dirty = true;
            self.dirty.push(to);
        }
        self.counters.messages_out += 1;
        if is_last {
            self.end_subscription(key);
        }
        Delivery::Queued
    }

    /// Gives a message to one member of the group at `at` of `matches`. A group of one name is one
    /// group, by whichever of its patterns its members were reached; it is served at its first.
    fn deliver_to_group(
        &mut self,
        matches: &Matches,
        at: usize,
        parcel: &Parcel<'_>,
        origin: Origin,
    ) -> Delivery {
        let (before, from_here) = matches.groups.split_at_checked(at).unwrap_or_default();
        let Some(first) = from_here.first() else {
            return Delivery::Gone;
        };
        if before
            .iter()
            .any(|other| self.is_same_group(*other, *first))
        {
            return Delivery::Skipped;
        }
        // Each round that finds somebody gone has one member less to pick from.
        let rounds = self.count_members(from_here, *first) + 1;
        for _ in 0..rounds {
            let delivery = self.deliver_to_one(from_here, *first, parcel, origin);
            if delivery != Delivery::Gone {
                return delivery;
            }
        }
        Delivery::Gone
    }

    /// Offers a message to the members of a group in turn, beginning anywhere, until it is taken or
    /// one turns out to be gone.
    fn deliver_to_one(
        &mut self,
        groups: &[(Key, usize)],
        like: (Key, usize),
        parcel: &Parcel<'_>,
        origin: Origin,
    ) -> Delivery {
        let members = self.count_members(groups, like);
        let start = self.random.next().checked_rem(members).unwrap_or(0);
        for turn in 0..members {
            let nth = (start + turn) % members;
            let Some(key) = self.nth_member(groups, like, nth) else {
                break;
            };
            let delivery = self.deliver(key, parcel, origin);
            if delivery != Delivery::Skipped {
                return delivery;
            }
        }
        Delivery::Skipped
    }

    fn count_members(&self, groups: &[(Key, usize)], like: (Key, usize)) -> usize {
        let same = groups
            .iter()
            .filter(|group| self.is_same_group(**group, like));
        same.map(|group| self.members_of(*group).len()).sum()
    }

    fn is_same_group(&self, one: (Key, usize), other: (Key, usize)) -> bool {
        one == other || self.group_name(one) == self.group_name(other)
    }

    fn group_name(&self, (interest, group): (Key, usize)) -> Option<&str> {
        let group = self.table.interest(interest)?.groups.get(group)?;
        Some(&group.name)
    }

    fn members_of(&self, (interest, group): (Key, usize)) -> &[Key] {
        let interest = self.table.interest(interest);
        interest.map_or(&[], |interest| interest.members(Some(group)))
    }

    fn nth_member(
        &self,
        groups: &[(Key, usize)],
        like: (Key, usize),
        mut nth: usize,
    ) -> Option<Key> {
        for group in groups {
            if !self.is_same_group(*group, like) {
                continue;
            }
            let members = self.members_of(*group);
            if let Some(key) = members.get(nth) {
                return Some(*key);
            }
            nth -= members.len();
        }
        None
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

    /// Tells the publisher of a request that nobody got it, on its own subscription to the reply
    /// subject, as nats-server does.
    pub(super) fn answer_no_responders(&mut self, id: PeerId, subject: &str, reply: &str) {
        let mut matches = std::mem::take(&mut self.matches);
        self.table.find(reply, &mut matches);
        let is_own = |key: &&Key| {
            let subscription = self.table.get(**key);
            subscription.is_some_and(|subscription| subscription.owner == Owner::Peer(id))
        };
        let own = matches.plain.iter().find(is_own).copied();
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

/// Numbers to spread messages over queue groups with; splitmix64. Not for secrets.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed)
    }

    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize
    }
}
