use std::fmt;

/// Can an instance be trusted?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Heard of in time and reachable as far as is known.
    Healthy,
    /// Doubtful: used only when no healthy candidate is left, and not at all while unreachable.
    Suspect,
    /// Gone as far as the router knows: never routed to.
    Unhealthy,
}

impl Health {
    /// The stable lower-case word used on the wire, in logs and in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Health::Healthy => "healthy",
            Health::Suspect => "suspect",
            Health::Unhealthy => "unhealthy",
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an instance has the health it has: the evidence, as a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HealthReason {
    /// It registered.
    Registered,
    /// A heartbeat of this incarnation came after doubt.
    HeartbeatResumed,
    /// It answered a probe on its inbox.
    ProbeAnswered,
    /// Its inbox has a subscriber again.
    InboxSubscribed,
    /// A send to its inbox reached nobody (503).
    NoResponders,
    /// Its inbox lost its last subscriber.
    InboxGone,
    /// The peer closed the connection that vouches for its life.
    ConnectionClosed,
    /// Its lease ran out.
    LeaseExpired,
}

impl HealthReason {
    /// The stable code used on the wire, in logs and in listings.
    pub const fn code(self) -> &'static str {
        match self {
            HealthReason::Registered => "registered",
            HealthReason::HeartbeatResumed => "heartbeat_resumed",
            HealthReason::ProbeAnswered => "probe_answered",
            HealthReason::InboxSubscribed => "inbox_subscribed",
            HealthReason::NoResponders => "no_responders",
            HealthReason::InboxGone => "inbox_gone",
            HealthReason::ConnectionClosed => "connection_closed",
            HealthReason::LeaseExpired => "lease_expired",
        }
    }
}

impl fmt::Display for HealthReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Does an instance want work? Separate from health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Lifecycle {
    /// It takes work.
    #[default]
    Serving,
    /// It finishes what it has and takes no new work.
    Draining,
}

impl Lifecycle {
    /// The stable lower-case word used on the wire, in logs and in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Lifecycle::Serving => "serving",
            Lifecycle::Draining => "draining",
        }
    }
}
