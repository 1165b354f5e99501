use std::sync::Arc;
use std::time::Duration;

use aegis_types::{Health, HealthReason, Incarnation, InstanceId, Instant, Lifecycle};

use super::{DeclaredMethod, Terms};
use crate::health::{Beats, Evidence, Flaps, Outlier, Tallied, Vigil, Welcome};
use crate::keys::{ConnectionId, MethodKey, ServiceKey};
use crate::routing::Candidate;

/// How an instance speaks, and what only such an instance has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Native {
        lease_token: u64,
        /// The connection that vouches for it closes only when the process is gone.
        lifeline: bool,
    },
    Legacy {
        /// The connection that sent its heartbeats was closed by its peer.
        heartbeats_lost: bool,
    },
}

/// One life of one instance. There may be a million of these: what many share or few have is kept
/// elsewhere.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) service: ServiceKey,
    pub(crate) id: InstanceId,
    pub(crate) incarnation: Incarnation,
    pub(crate) kind: Kind,
    /// What it declared and was granted.
    pub(crate) terms: Arc<Terms>,
    /// Its place in the ring of its service.
    pub(crate) turn: u64,
    /// The connection that vouches for it.
    pub(crate) connection: Option<ConnectionId>,
    /// Its place in the list of those that this connection vouches for.
    pub(crate) vouched_at: u32,
    pub(crate) lifecycle: Lifecycle,
    /// An operator drained it.
    pub(crate) held: bool,

    /// What is known about it.
    pub(crate) evidence: Evidence,
    /// What the evidence adds up to.
    pub(crate) health: Health,
    pub(crate) reason: HealthReason,
    pub(crate) since: Instant,
    /// Whether calls go to it, as was announced last.
    pub(crate) told_routable: bool,
    /// How its heartbeats come, as was told last.
    pub(crate) beats: Beats,

    /// Any frame of it: what the lease runs from.
    pub(crate) last_heard: Instant,
    /// When it was last found that a send to it reaches nobody.
    pub(crate) last_unreachable: Instant,
    /// Whether its silence is looked into.
    pub(crate) vigil: Vigil,
    /// It is joining. Boxed: soon over, and there may be a million instances.
    pub(crate) welcome: Option<Box<Welcome>>,
    /// The entry in the deadlines; none only once it has departed.
    pub(crate) armed: Option<Instant>,
    pub(crate) registered_at: Instant,
    pub(crate) last_heartbeat: Instant,

    /// How its real calls go.
    pub(crate) outlier: Outlier,
    /// How often it went and came back lately.
    pub(crate) flaps: Flaps,
    /// As what it is counted in the tallies.
    pub(crate) tallied: Tallied,
    /// Its place in the table of metrics; 0 is shared.
    pub(crate) metrics_at: u16,
    /// Calls it takes, handled and waiting together, in its own word.
    pub(crate) capacity: u32,
    /// How late its handlers' runtime runs.
    pub(crate) lag: Duration,

    /// Attempts on it that are not settled.
    pub(crate) in_flight: u32,
    /// Deregistered or replaced; kept only for the attempts in flight on it.
    pub(crate) departed: bool,
}

impl Instance {
    /// A send to it reaches nobody, and it has given no sign of life since that was found.
    pub(crate) fn is_lost(&self) -> bool {
        let evidence = [self.evidence.unreachable, self.evidence.joining];
        let unreached = [HealthReason::NoResponders, HealthReason::Disconnected].map(Some);
        evidence.iter().any(|reason| unreached.contains(reason))
            && self.last_heard <= self.last_unreachable
    }

    pub(crate) fn candidate(&self) -> Candidate {
        Candidate {
            health: self.health,
            unreachable: self.evidence.unreachable.is_some(),
            lifecycle: self.lifecycle,
            held: self.held,
            ejected: self.outlier.is_ejected(),
            full: self.in_flight >= self.capacity,
        }
    }

    pub(crate) fn is_native(&self) -> bool {
        matches!(self.kind, Kind::Native { .. })
    }

    pub(crate) fn declared(&self, method: MethodKey) -> Option<&DeclaredMethod> {
        self.terms
            .methods
            .iter()
            .find(|declared| declared.method == method)
    }

    /// Heartbeats are overdue by two intervals.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        now >= self.last_heartbeat + self.terms.heartbeat_interval * 3
    }
}
