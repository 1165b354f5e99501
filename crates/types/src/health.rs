use std::fmt;

/// Can an instance be trusted?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// Registered, and its inbox has not answered yet: never routed to.
    Joining,
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
            Health::Joining => "joining",
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
    /// It answered its welcome probe.
    Welcomed,
    /// A heartbeat of this incarnation came after doubt.
    HeartbeatResumed,
    /// It answered a probe on its inbox.
    ProbeAnswered,
    /// Its inbox has a subscriber again.
    InboxSubscribed,
    /// It answered a call.
    ReplyReceived,
    /// A send to its inbox reached nobody (503).
    NoResponders,
    /// Its inbox lost its last subscriber.
    InboxGone,
    /// The peer closed the connection that vouches for its life.
    ConnectionClosed,
    /// The NATS server says that the connection of its inbox ended.
    Disconnected,
    /// Its lease ran out.
    LeaseExpired,
    /// It has been silent for most of its lease.
    Late,
    /// It did not answer a probe: it joins, or it has work and is silent.
    ProbeUnanswered,
    /// It went and came back too often: it must show itself twice in a row.
    Flapping,
    /// It says of itself that it works badly.
    SelfDegraded,
    /// It says of itself that it must not be routed to.
    SelfUnhealthy,
    /// It says of itself that all is well, and said otherwise before; or its handlers' runtime runs in
    /// time again.
    SelfHealthy,
    /// Its real calls go badly: kept out for a while.
    Ejected,
    /// Its ejection is over.
    Readmitted,
    /// An operator takes new work from it.
    Drained,
    /// An operator gives it work again.
    Undrained,
    /// By its own word it takes no new work.
    Draining,
    /// By its own word it takes work again.
    Serving,
    /// An operator put it out.
    Evicted,
    /// It deregistered.
    Deregistered,
    /// A later life of it registered.
    Replaced,
    /// It beat without being known, and was taken back.
    Adopted,
    /// Its handlers' runtime runs late: it sends heartbeats and does not get on with its work.
    Lagging,
}

impl HealthReason {
    /// All of them.
    pub const ALL: [HealthReason; 28] = [
        HealthReason::Registered,
        HealthReason::Welcomed,
        HealthReason::HeartbeatResumed,
        HealthReason::ProbeAnswered,
        HealthReason::InboxSubscribed,
        HealthReason::ReplyReceived,
        HealthReason::NoResponders,
        HealthReason::InboxGone,
        HealthReason::ConnectionClosed,
        HealthReason::Disconnected,
        HealthReason::LeaseExpired,
        HealthReason::Late,
        HealthReason::ProbeUnanswered,
        HealthReason::Flapping,
        HealthReason::SelfDegraded,
        HealthReason::SelfUnhealthy,
        HealthReason::SelfHealthy,
        HealthReason::Ejected,
        HealthReason::Readmitted,
        HealthReason::Drained,
        HealthReason::Undrained,
        HealthReason::Draining,
        HealthReason::Serving,
        HealthReason::Evicted,
        HealthReason::Deregistered,
        HealthReason::Replaced,
        HealthReason::Adopted,
        HealthReason::Lagging,
    ];

    /// The stable code used on the wire, in logs and in listings.
    pub const fn code(self) -> &'static str {
        match self {
            HealthReason::Registered => "registered",
            HealthReason::Welcomed => "welcomed",
            HealthReason::HeartbeatResumed => "heartbeat_resumed",
            HealthReason::ProbeAnswered => "probe_answered",
            HealthReason::InboxSubscribed => "inbox_subscribed",
            HealthReason::ReplyReceived => "reply_received",
            HealthReason::NoResponders => "no_responders",
            HealthReason::InboxGone => "inbox_gone",
            HealthReason::ConnectionClosed => "connection_closed",
            HealthReason::Disconnected => "disconnected",
            HealthReason::LeaseExpired => "lease_expired",
            HealthReason::Late => "late",
            HealthReason::ProbeUnanswered => "probe_unanswered",
            HealthReason::Flapping => "flapping",
            HealthReason::SelfDegraded => "self_degraded",
            HealthReason::SelfUnhealthy => "self_unhealthy",
            HealthReason::SelfHealthy => "self_healthy",
            HealthReason::Ejected => "ejected",
            HealthReason::Readmitted => "readmitted",
            HealthReason::Drained => "drained",
            HealthReason::Undrained => "undrained",
            HealthReason::Draining => "draining",
            HealthReason::Serving => "serving",
            HealthReason::Evicted => "evicted",
            HealthReason::Deregistered => "deregistered",
            HealthReason::Replaced => "replaced",
            HealthReason::Adopted => "adopted",
            HealthReason::Lagging => "lagging",
        }
    }
}

impl fmt::Display for HealthReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An instance's own word about its health.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum SelfReport {
    /// All is well.
    #[default]
    Healthy,
    /// It works, badly: use it last.
    Degraded,
    /// Do not route to it.
    Unhealthy,
}

impl SelfReport {
    /// The stable lower-case word used on the wire and in listings.
    pub const fn as_str(self) -> &'static str {
        match self {
            SelfReport::Healthy => "healthy",
            SelfReport::Degraded => "degraded",
            SelfReport::Unhealthy => "unhealthy",
        }
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
