use std::fmt;

use aegis_wire::event::{InstanceEvent, RouterEvent};

use crate::listing::InstanceEntry;

/// What a [`Watch`](super::Watch) tells.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchEvent {
    /// All that is there now: the state that the following events change.
    Listed(Vec<InstanceEntry>),
    /// An instance changed.
    InstanceChanged(InstanceChange),
    /// A router changed its mind about what it sees, or stops.
    RouterChanged(RouterChange),
    /// Events may have been lost here. A listing follows.
    Gap(Gap),
}

/// Why events may have been lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The connection to the broker was lost.
    ConnectionLost,
    /// More than [`WATCH_QUEUE`](super::WATCH_QUEUE) events waited to be taken, and were dropped.
    TooSlow,
}

/// How an instance changed. The words are the router's: a later one may know more of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceChange {
    /// Its service.
    pub service: String,
    /// Its id.
    pub instance: String,
    /// The life that changed.
    pub incarnation: u64,
    /// Its health before; `None` if it is new. The same as `to` if something else changed: the
    /// reason says what.
    pub from: Option<String>,
    /// Its health now, or `removed`.
    pub to: String,
    /// Stable code of the evidence.
    pub reason: String,
    /// The evidence for people.
    pub evidence: String,
    /// Whether calls go to it now.
    pub routable: bool,
    /// When, by the router's wall clock: RFC 3339.
    pub at: String,
}

/// How far a router trusts what it sees, from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterChange {
    /// Id of the router's life.
    pub router: String,
    /// `normal`, `warming`, `preserving` or `stopping`.
    pub what: String,
    /// Stable code of the evidence.
    pub reason: String,
    /// The evidence for people.
    pub evidence: String,
    /// When, by the router's wall clock: RFC 3339.
    pub at: String,
}

impl From<InstanceEvent<'_>> for InstanceChange {
    fn from(event: InstanceEvent<'_>) -> InstanceChange {
        InstanceChange {
            service: event.service.to_owned(),
            instance: event.instance.to_owned(),
            incarnation: event.incarnation.bits(),
            from: event.from.map(str::to_owned),
            to: event.to.to_owned(),
            reason: event.reason.to_owned(),
            evidence: event.evidence.to_owned(),
            routable: event.routable,
            at: event.at.to_owned(),
        }
    }
}

impl From<RouterEvent<'_>> for RouterChange {
    fn from(event: RouterEvent<'_>) -> RouterChange {
        RouterChange {
            router: event.router.to_owned(),
            what: event.what.to_owned(),
            reason: event.reason.to_owned(),
            evidence: event.evidence.to_owned(),
            at: event.at.to_owned(),
        }
    }
}

impl fmt::Display for InstanceChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} is {}", self.service, self.instance, self.to)?;
        if !self.evidence.is_empty() {
            write!(f, ": {}", self.evidence)?;
        }
        Ok(())
    }
}

impl fmt::Display for RouterChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "router {} is {}", self.router, self.what)?;
        if !self.evidence.is_empty() {
            write!(f, ": {}", self.evidence)?;
        }
        Ok(())
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Gap::ConnectionLost => "the connection was lost",
            Gap::TooSlow => "events were not taken quickly enough",
        })
    }
}
