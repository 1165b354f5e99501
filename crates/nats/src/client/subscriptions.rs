//! What the client listens to. It outlives sockets: on every connect all of it is sent again.

use std::collections::BTreeMap;
use std::fmt;

/// The client's number of a subscription. Never used again while the client lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid(pub u64);

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) pattern: Box<str>,
    pub(super) queue_group: Option<Box<str>>,
}

/// Ordered by number, so that a reconnect sends them in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    last: u64,
    by_sid: BTreeMap<u64, Subscription>,
}

impl Subscriptions {
    pub(super) fn len(&self) -> usize {
        self.by_sid.len()
    }

    pub(super) fn contains(&self, sid: Sid) -> bool {
        self.by_sid.contains_key(&sid.0)
    }

    pub(super) fn add(&mut self, pattern: &str, queue_group: Option<&str>) -> Sid {
        self.last += 1;
        self.by_sid.insert(
            self.last,
            Subscription {
                pattern: pattern.into(),
                queue_group: queue_group.map(Box::from),
            },
        );
        Sid(self.last)
    }

    pub(super) fn remove(&mut self, sid: Sid) -> bool {
        self.by_sid.remove(&sid.0).is_some()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Sid, &Subscription)> {
        self.by_sid
            .iter()
            .map(|(sid, subscription)| (Sid(*sid), subscription))
    }
}
