//! What lists are made of: the router's records under the same field names as on the command line. They are
//! types of their own, so that the wire may change without this API.

use aegis_client::{InstanceEntry, MethodEntry, RouterEntry, ServiceEntry};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of services.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Services {
    /// By name.
    pub(super) services: Vec<Service>,
    /// Where the page after this one is; null on the last one.
    #[schema(example = "/api/v1/services?limit=1000&after=billing")]
    pub(super) next: Option<String>,
    /// Who answers.
    pub(super) router: Option<Answering>,
}

/// A page of instances.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Instances {
    /// By service and id.
    pub(super) instances: Vec<Instance>,
    /// Where the page after this one is; null on the last one.
    #[schema(example = "/api/v1/instances?limit=1000&after=billing%1Fbilling%2D1")]
    pub(super) next: Option<String>,
    /// Who answers.
    pub(super) router: Option<Answering>,
}

/// The router that answers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Answering {
    /// Id of its life.
    id: String,
    /// `normal`; `warming`: it has not watched long enough to expire anybody; `preserving`: so many fell
    /// silent at once that it rather doubts itself.
    trust: String,
    /// Milliseconds since that changed.
    since_ms_ago: u64,
}

/// One service. Counts are of its instances, except where another thing is named.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Service {
    /// Its name.
    name: String,
    /// Instances in the registry.
    instances: u64,
    /// Of these: joining.
    joining: u64,
    /// Of these: healthy.
    healthy: u64,
    /// Of these: suspect.
    suspect: u64,
    /// Of these: unhealthy.
    unhealthy: u64,
    /// Of its instances: those that calls may go to now. An older router does not say it.
    routable: Option<u64>,
    /// Methods declared by any of them.
    methods: Vec<Method>,
    /// Calls in flight.
    in_flight: u64,
    /// How an instance is picked: `round_robin` or `least_in_flight`.
    policy: Option<String>,
    /// Calls taken since the router started.
    calls: u64,
    /// Calls of these that ended without a result or a handler's answer.
    failed: u64,
    /// Attempts beyond the first of a call.
    rerouted: u64,
    /// Attempts that may run a handler again before the retry budget is used up.
    retry_budget_left: Option<u64>,
    /// Whether so few are healthy that suspect ones are used like healthy ones.
    panic: bool,
}

/// One method of a service.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Method {
    /// Its name.
    name: String,
    /// `at_most_once` or `idempotent`.
    safety: String,
    /// Longest span of one attempt, in milliseconds, if an instance declared one.
    attempt_timeout_ms: Option<u64>,
}

/// One instance.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Instance {
    /// Its service.
    service: String,
    /// Its id.
    instance: String,
    /// Its life. Larger than JavaScript's exact integers.
    incarnation: u64,
    /// `native` or `legacy`.
    kind: String,
    /// `joining`, `healthy`, `suspect` or `unhealthy`.
    health: String,
    /// Code of the evidence for that.
    reason: String,
    /// The evidence in words, such as `silent for 1810 ms`.
    evidence: Option<String>,
    /// Milliseconds since its health changed.
    since_ms_ago: Option<u64>,
    /// `serving` or `draining`.
    lifecycle: String,
    /// The operator's word, which wins over its own: `drain` or `hold`.
    operator: Option<String>,
    /// Whether calls go to it now.
    routable: bool,
    /// How long it is kept out of routing as an outlier, in milliseconds from now; 0 if it is not.
    ejected_for_ms: u64,
    /// Calls it is working on.
    in_flight: u64,
    /// Calls it takes at a time, if it said so.
    capacity: Option<u64>,
    /// How late its handlers' runtime last was, in milliseconds.
    lag_ms: Option<u64>,
    /// What its last heartbeat said of itself: `healthy`, `degraded` or `unhealthy`.
    self_report: Option<String>,
    /// RFC 3339 with microseconds and `Z`.
    registered_at: String,
    /// Milliseconds since it was last heard of.
    last_heartbeat_ms_ago: u64,
    /// How long its registration lasts without a heartbeat, in milliseconds.
    lease_ttl_ms: u64,
    /// How often it sends heartbeats, in milliseconds.
    heartbeat_interval_ms: u64,
    /// Version of its software, if it said one.
    version: Option<String>,
    /// `ACTIVE` or `STANDBY`, if it asked for a role.
    role: Option<String>,
    /// The resource that the role is about, if it named one.
    resource_id: Option<String>,
}

/// A record of this API from one of the wire, field by field: one that is new there is a decision here.
macro_rules! from_wire {
    ($record:ident, $wire:ident, [$($field:ident),*], [$($converted:ident),*]) => {
        impl From<$wire> for $record {
            fn from(entry: $wire) -> Self {
                let $wire { $($field,)* $($converted,)* } = entry;
                Self { $($field,)* $($converted: $converted.into_iter().map(Into::into).collect(),)* }
            }
        }
    };
}

from_wire!(Answering, RouterEntry, [id, trust, since_ms_ago], []);
from_wire!(Method, MethodEntry, [name, safety, attempt_timeout_ms], []);
from_wire!(
    Service,
    ServiceEntry,
    [
        name,
        instances,
        joining,
        healthy,
        suspect,
        unhealthy,
        routable,
        in_flight,
        policy,
        calls,
        failed,
        rerouted,
        retry_budget_left,
        panic
    ],
    [methods]
);
from_wire!(
    Instance,
    InstanceEntry,
    [
        service,
        instance,
        incarnation,
        kind,
        health,
        reason,
        evidence,
        since_ms_ago,
        lifecycle,
        operator,
        routable,
        ejected_for_ms,
        in_flight,
        capacity,
        lag_ms,
        self_report,
        registered_at,
        last_heartbeat_ms_ago,
        lease_ttl_ms,
        heartbeat_interval_ms,
        version,
        role,
        resource_id
    ],
    []
);
