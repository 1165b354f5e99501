//! `/api/v1/router`, `/api/v1/limits`, `/api/v1/config`: the router and what it runs with.

use std::sync::Arc;

use aegis_client::RouterInfo;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Detail, Problem};
use super::{Api, Json, query};
use crate::config::{LimitShown, Shown};

/// The router of itself. On NATS servers it is the one that serves, which need not be the process that
/// answers here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Router {
    /// Id of its life.
    id: String,
    /// Version of the program.
    version: String,
    /// Since when it answers requests: milliseconds since 1970, by its own clock.
    since_ms: u64,
    /// `normal`, `warming` or `preserving`.
    trust: String,
    /// Milliseconds since that changed.
    trust_since_ms_ago: u64,
    /// What carries its messages: `embedded` or `nats`.
    broker: String,
    /// What tells it first that an instance is gone: `embedded`, `disconnect_events` or `no_responders`.
    evidence: String,
    /// Id of its data directory, if it has one.
    store: Option<String>,
    /// What time it is there: milliseconds since 1970.
    clock_ms: u64,
    /// Services in the registry.
    services_known: u64,
    /// Instances in the registry.
    instances_known: u64,
    /// Calls that it has not answered yet.
    calls_in_flight: u64,
    /// Most bytes of headers and body in one message, if its host said so.
    max_payload: Option<u64>,
    /// First tokens of every subject it serves.
    prefix: String,
    /// Heartbeat interval of instances that name none, in milliseconds.
    heartbeat_interval_ms: u64,
    /// How long a registration lasts without a heartbeat, in milliseconds.
    lease_ttl_ms: u64,
}

impl From<RouterInfo> for Router {
    fn from(info: RouterInfo) -> Self {
        Self {
            id: info.id,
            version: info.version,
            since_ms: info.since_ms,
            trust: info.trust,
            trust_since_ms_ago: info.trust_since_ms_ago,
            broker: info.broker,
            evidence: info.evidence,
            store: info.store,
            clock_ms: info.clock_ms,
            services_known: info.services_known,
            instances_known: info.instances_known,
            calls_in_flight: info.calls_in_flight,
            max_payload: info.max_payload,
            prefix: info.prefix,
            heartbeat_interval_ms: info.heartbeat_interval_ms,
            lease_ttl_ms: info.lease_ttl_ms,
        }
    }
}

/// The limits of this process, as it was started.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Limits {
    /// All of them.
    limits: Vec<LimitShown>,
}

/// The settings of this process, as `aegis config show` says them: no secret is among them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Config {
    /// All of them.
    settings: Vec<Shown>,
}

/// The router that serves.
#[utoipa::path(get, path = "/api/v1/router", tag = "router",
    responses(
        (status = 200, description = "The router", body = Router),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer", body = Detail),
    ))]
pub(super) async fn router(State(api): State<Arc<Api>>, uri: Uri) -> Result<Json<Router>, Problem> {
    query::none(&uri)?;
    let ask = async |client: &aegis_client::Client| client.router_info().await;
    Ok(Json(api.asking.ask(ask).await?.into()))
}

/// What is refused above which number.
#[utoipa::path(get, path = "/api/v1/limits", tag = "router",
    responses(
        (status = 200, description = "The limits", body = Limits),
        (status = 422, description = "A parameter is wrong", body = Detail),
    ))]
pub(super) async fn limits(State(api): State<Arc<Api>>, uri: Uri) -> Result<Json<Limits>, Problem> {
    query::none(&uri)?;
    let limits = api.limits.clone();
    Ok(Json(Limits { limits }))
}

/// Every setting, and where it came from.
#[utoipa::path(get, path = "/api/v1/config", tag = "router",
    responses(
        (status = 200, description = "The settings", body = Config),
        (status = 422, description = "A parameter is wrong", body = Detail),
    ))]
pub(super) async fn config(State(api): State<Arc<Api>>, uri: Uri) -> Result<Json<Config>, Problem> {
    query::none(&uri)?;
    let settings = api.settings.clone();
    Ok(Json(Config { settings }))
}
