use std::time::Duration;

use aegis_types::{Health, HealthReason, Incarnation, InstanceId, Instant, Lifecycle, Safety};

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

#[derive(Clone, Copy, Debug)]
pub(crate) struct DeclaredMethod {
    pub(crate) method: MethodKey,
    pub(crate) safety: Safety,
    pub(crate) attempt_timeout: Option<Duration>,
}

/// One life of one instance.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) service: ServiceKey,
    pub(crate) id: InstanceId,
    pub(crate) incarnation: Incarnation,
    pub(crate) kind: Kind,
    pub(crate) methods: Box<[DeclaredMethod]>,
    pub(crate) version: Option<Box<str>>,
    /// Its place in the ring of its service.
    pub(crate) turn: u64,
    /// The connection that vouches for it.
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) lifecycle: Lifecycle,

    /// Evidence that the process is gone or silent for too long.
    pub(crate) gone: Option<HealthReason>,
    /// Evidence that a send to its inbox reaches nobody.
    pub(crate) unreachable: Option<HealthReason>,
    /// What the evidence adds up to; see `health::assess`.
    pub(crate) health: Health,
    pub(crate) reason: HealthReason,
    pub(crate) since: Instant,

    pub(crate) heartbeat_interval: Duration,
    pub(crate) lease_ttl: Duration,
    pub(crate) lease_until: Instant,
    /// The entry in the deadlines; none only once it has departed.
    pub(crate) armed: Option<Instant>,
    pub(crate) registered_at: Instant,
    pub(crate) last_heartbeat: Instant,

    /// Attempts on it that are not settled.
    pub(crate) in_flight: u32,
    /// Deregistered or replaced; kept only for the attempts in flight on it.
    pub(crate) departed: bool,
}

impl Instance {
    pub(crate) fn candidate(&self) -> Candidate {
        Candidate {
            health: self.health,
            unreachable: self.unreachable.is_some(),
            lifecycle: self.lifecycle,
        }
    }

    pub(crate) fn is_native(&self) -> bool {
        matches!(self.kind, Kind::Native { .. })
    }

    pub(crate) fn declared(&self, method: MethodKey) -> Option<&DeclaredMethod> {
        self.methods
            .iter()
            .find(|declared| declared.method == method)
    }

    /// Heartbeats are overdue by two intervals.
    pub(crate) fn is_overdue(&self, now: Instant) -> bool {
        now >= self.last_heartbeat + self.heartbeat_interval * 3
    }
}
