//! What happens next.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::LinkId;
use crate::actors::{Nudge, Timer};
use crate::story::{CallNo, ProcId};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    /// A connection reaches the switch.
    Accept(LinkId),
    /// Bytes reach the switch.
    ToSwitch(LinkId),
    /// There is room again for what the switch has to write.
    Writable(LinkId),
    /// The switch sees that the other side closed.
    PeerCloses(LinkId),
    /// A call's time is over: it must have had its answer.
    CallDue(CallNo),
    /// Bytes reach a peer.
    ToPeer(LinkId),
    /// An overtaken message goes on to the switch.
    LateIn(LinkId),
    /// An overtaken message comes to its peer.
    LateOut(LinkId),
    /// A peer sees that the switch closed.
    LostAtPeer(LinkId),
    /// An actor's timer.
    Timer(ProcId, Timer),
    /// Something is done to an actor.
    Nudge(ProcId, Nudge),
    /// A process starts under this position of the fleet, or not if somebody is there.
    Start(usize),
    /// Something goes wrong.
    Fault,
    /// Nothing goes wrong any more.
    Calm,
    /// Handlers behave from here on.
    Polite,
    /// From here everything must succeed.
    Quiet,
}

/// At one instant bytes come before closes, closes before the switch's own deadlines: that is what
/// [`aegis_nats::switch`] asks of its host.
pub(crate) const SWITCH_TIMER: u8 = 2;

impl Action {
    fn class(&self) -> u8 {
        match self {
            Action::Accept(_) | Action::ToSwitch(_) | Action::Writable(_) => 0,
            Action::PeerCloses(_) => 1,
            Action::CallDue(_) => 3,
            _ => 4,
        }
    }

    /// Waits while the router stands still.
    pub(crate) fn needs_router(&self) -> bool {
        self.class() <= 3
    }
}

#[derive(Debug)]
struct Entry {
    at: Duration,
    class: u8,
    order: u64,
    action: Action,
}

impl Entry {
    fn key(&self) -> (Duration, u8, u64) {
        (self.at, self.class, self.order)
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

impl Ord for Entry {
    /// The earliest is the greatest: the heap gives the greatest first.
    fn cmp(&self, other: &Entry) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Schedule {
    heap: BinaryHeap<Entry>,
    order: u64,
}

/// An action that has come up, with its place in the order, for putting it off.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub(crate) action: Action,
    order: u64,
}

impl Schedule {
    pub(crate) fn at(&mut self, at: Duration, action: Action) {
        self.order += 1;
        let class = action.class();
        let order = self.order;
        self.heap.push(Entry {
            at,
            class,
            order,
            action,
        });
    }

    /// Puts an action off and keeps its order among those of the same instant.
    pub(crate) fn put_off(&mut self, until: Duration, due: Due) {
        self.heap.push(Entry {
            at: until,
            class: due.action.class(),
            order: due.order,
            action: due.action,
        });
    }

    /// When the next one is, and whether it comes before the switch's timer at the same instant.
    pub(crate) fn next(&self) -> Option<(Duration, u8)> {
        self.heap.peek().map(|entry| (entry.at, entry.class))
    }

    pub(crate) fn pop(&mut self) -> Option<Due> {
        self.heap.pop().map(|entry| Due {
            action: entry.action,
            order: entry.order,
        })
    }
}
