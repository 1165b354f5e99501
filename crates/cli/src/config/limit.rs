//! The limits of a router and its broker by name. Each default is where it is used, not here.

use std::cmp::Ordering;
use std::fmt;

use aegis_router::RouterConfig;

/// One limit: its name, and its place in the router's configuration.
pub(crate) struct Limit {
    /// As in `limits.NAME`, and in the refusal of what is over it.
    pub(crate) name: &'static str,
    place: fn(&mut RouterConfig) -> &mut usize,
}

impl Limit {
    const fn new(name: &'static str, place: fn(&mut RouterConfig) -> &mut usize) -> Self {
        Self { name, place }
    }

    /// What holds if nobody says anything.
    pub(crate) fn default(&self) -> usize {
        *(self.place)(&mut RouterConfig::default())
    }

    /// Makes it hold.
    pub(crate) fn set(&self, config: &mut RouterConfig, value: usize) {
        *(self.place)(config) = value;
    }
}

/// Connections at a time.
pub(crate) const CONNECTIONS: &str = "connections";
/// Bytes of the longest message.
pub(crate) const PAYLOAD_BYTES: &str = "payload_bytes";
/// Bytes that may wait to be written to one connection.
pub(crate) const PENDING_BYTES: &str = "pending_bytes";

/// Bytes that may wait to be written to all connections together.
pub(crate) const PENDING_BYTES_TOTAL: &str = "pending_bytes_total";

/// All of them, in the order in which they are shown.
pub(crate) const LIMITS: &[Limit] = &[
    Limit::new("services", |router| &mut router.core.max_services),
    Limit::new("instances", |router| &mut router.core.max_instances),
    Limit::new("methods_per_service", |router| {
        &mut router.core.max_methods_per_service
    }),
    Limit::new("calls_in_flight", |router| {
        &mut router.core.max_calls_in_flight
    }),
    Limit::new("calls_per_caller", |router| {
        &mut router.core.max_calls_per_caller
    }),
    Limit::new("calls_per_instance", |router| {
        &mut router.core.max_calls_per_instance
    }),
    Limit::new("registrations_per_connection", |router| {
        &mut router.core.registration_burst
    }),
    Limit::new(CONNECTIONS, |router| {
        &mut router.broker.switch.limits.max_connections
    }),
    Limit::new("subscriptions_per_connection", |router| {
        &mut router.broker.switch.limits.max_subscriptions
    }),
    Limit::new(PAYLOAD_BYTES, |router| {
        &mut router.broker.switch.limits.protocol.max_payload
    }),
    Limit::new(PENDING_BYTES, |router| {
        &mut router.broker.switch.limits.max_pending
    }),
    Limit::new(PENDING_BYTES_TOTAL, |router| {
        &mut router.broker.switch.limits.max_pending_total
    }),
    Limit::new("turn_budget", |router| {
        &mut router.broker.switch.limits.turn_budget
    }),
];

// Two limits are the same if they have the same name.

impl PartialEq for Limit {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Limit {}

impl PartialOrd for Limit {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Limit {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(other.name)
    }
}

impl fmt::Debug for Limit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name)
    }
}
