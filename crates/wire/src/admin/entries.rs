use serde::{Deserialize, Serialize};

/// One service. Counts are of its instances, except where another thing is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceEntry {
    /// Its name.
    pub name: String,
    /// Instances in the registry.
    pub instances: u64,
    /// Of these: joining.
    pub joining: u64,
    /// Of these: healthy.
    pub healthy: u64,
    /// Of these: suspect.
    pub suspect: u64,
    /// Of these: unhealthy.
    pub unhealthy: u64,
    /// Of its instances: those that calls may go to now. An older router does not say it.
    pub routable: Option<u64>,
    /// Methods declared by any of them.
    pub methods: Vec<MethodEntry>,
    /// Calls in flight.
    pub in_flight: u64,
    /// How an instance is picked: `round_robin` or `least_in_flight`.
    pub policy: Option<String>,
    /// Calls taken since the router started.
    pub calls: u64,
    /// Calls of these that ended without a result or a handler's answer.
    pub failed: u64,
    /// Attempts beyond the first of a call.
    pub rerouted: u64,
    /// Attempts that may run a handler again before the retry budget is used up.
    pub retry_budget_left: Option<u64>,
    /// Whether so few are healthy that suspect ones are used like healthy ones.
    pub panic: bool,
}

/// One method of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MethodEntry {
    /// Its name.
    pub name: String,
    /// `at_most_once` or `idempotent`.
    pub safety: String,
    /// Longest span of one attempt, in milliseconds, if an instance declared one; the longest of them.
    pub attempt_timeout_ms: Option<u64>,
}

/// One instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceEntry {
    /// Its service.
    pub service: String,
    /// Its id.
    pub instance: String,
    /// Its life. Larger than JavaScript's exact integers.
    pub incarnation: u64,
    /// `native` or `legacy`.
    pub kind: String,
    /// `joining`, `healthy`, `suspect` or `unhealthy`.
    pub health: String,
    /// Code of the evidence for that.
    pub reason: String,
    /// The evidence in words, such as `silent for 1810 ms`.
    pub evidence: Option<String>,
    /// Milliseconds since its health changed.
    pub since_ms_ago: Option<u64>,
    /// `serving` or `draining`.
    pub lifecycle: String,
    /// The operator's word, which wins over its own: `drain` or `hold`.
    pub operator: Option<String>,
    /// Whether calls go to it now.
    pub routable: bool,
    /// How long it is kept out of routing as an outlier, in milliseconds from now; 0 if it is not.
    pub ejected_for_ms: u64,
    /// Calls it is working on.
    pub in_flight: u64,
    /// Calls it takes at a time, if it said so.
    pub capacity: Option<u64>,
    /// How late its handlers' runtime last was, in milliseconds.
    pub lag_ms: Option<u64>,
    /// What its last heartbeat said of itself: `healthy`, `degraded` or `unhealthy`.
    pub self_report: Option<String>,
    /// RFC 3339 with microseconds and `Z`.
    pub registered_at: String,
    /// Milliseconds since it was last heard of.
    pub last_heartbeat_ms_ago: u64,
    /// How long its registration lasts without a heartbeat, in milliseconds.
    pub lease_ttl_ms: u64,
    /// How often it sends heartbeats, in milliseconds.
    pub heartbeat_interval_ms: u64,
    /// Version of its software, if it said one.
    pub version: Option<String>,
    /// `ACTIVE` or `STANDBY`, if it asked for a role.
    pub role: Option<String>,
    /// The resource that the role is about, if it named one.
    pub resource_id: Option<String>,
}

/// The router that answers. What it says of others is worth what it can trust itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouterEntry {
    /// Id of its life.
    pub id: String,
    /// `normal`; `warming`: it has not watched long enough to expire anybody; `preserving`: so many
    /// fell silent at once that it rather doubts itself.
    pub trust: String,
    /// Milliseconds since that changed.
    pub since_ms_ago: u64,
}
