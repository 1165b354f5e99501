//! What is said about health. Field names are stable.

use serde::Serialize;
use utoipa::ToSchema;

/// The judgement, and everything it rests on.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Report {
    /// The worst of the reasons.
    pub(crate) status: Status,
    /// Why it is not `ok`, the worst first; at most 100.
    pub(crate) reasons: Vec<Reason>,
    /// The numbers, if instances were asked about.
    pub(crate) fleet: Option<Fleet>,
    /// Instances that are not healthy, with the evidence; at most 100.
    pub(crate) not_healthy: Vec<NotHealthy>,
    /// Instances that are not healthy and not in this list.
    pub(crate) not_healthy_left_out: u64,
    /// The router that answers.
    pub(crate) router: RouterHealth,
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    /// Every instance is healthy, and the router trusts what it sees.
    Ok,
    /// Calls go through, and somebody should look.
    Degraded,
    /// Calls fail, or fewer than 80 % of the instances are healthy.
    Unhealthy,
}

impl Status {
    /// The stable word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Unhealthy => "unhealthy",
        }
    }
}

/// One reason.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// What it makes of the whole.
    pub(crate) status: Status,
    /// `few_healthy`, `no_healthy_instance`, `no_routable_instance`, `no_instance`, `unknown_service`,
    /// `some_not_healthy`, `panic`, `router_warming` or `router_preserving`.
    pub(crate) code: &'static str,
    /// The service it is about.
    pub(crate) service: Option<String>,
    /// In words.
    pub(crate) detail: String,
}

/// How many there are.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fleet {
    /// Services.
    pub(crate) services: u64,
    /// Instances.
    pub(crate) instances: u64,
    /// Of these: healthy.
    pub(crate) healthy: u64,
    /// How many of a hundred that is, rounded down; 100 if there is none.
    pub(crate) healthy_percent: u64,
}

/// An instance that is not healthy.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct NotHealthy {
    /// Its service.
    pub(crate) service: String,
    /// Its id.
    pub(crate) instance: String,
    /// `joining`, `suspect` or `unhealthy`.
    pub(crate) health: String,
    /// Code of the evidence for that.
    pub(crate) reason: String,
    /// The evidence in words.
    pub(crate) evidence: Option<String>,
    /// Milliseconds since its health changed.
    pub(crate) since_ms_ago: Option<u64>,
}

/// The router that answers.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RouterHealth {
    /// Id of its life.
    pub(crate) id: String,
    /// `normal`, `warming` or `preserving`.
    pub(crate) trust: String,
    /// Milliseconds since that changed.
    pub(crate) trust_since_ms_ago: u64,
    /// What carries its messages: `embedded` or `nats`.
    pub(crate) broker: String,
    /// What tells it first that an instance is gone: `embedded`, `disconnect_events` or `no_responders`.
    pub(crate) evidence: String,
}
