//! `/api/v1/health`: the same judgement as `aegis health`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;

use super::problem::{Detail, Problem};
use super::query::Query;
use super::{Api, Json};
use crate::health::{self, Report, Scope};

/// Whether all is well, why not, and the evidence.
///
/// The answer is 200 whatever it says: this path reports. `/readyz` is for whoever restarts the router.
#[utoipa::path(get, path = "/api/v1/health", tag = "health",
    params(("service" = Option<String>, Query, description = "Only this service: one that has nobody to call is `unhealthy`.", example = "toy")),
    responses(
        (status = 200, description = "The judgement", body = Report),
        (status = 422, description = "A parameter is wrong", body = Detail),
        (status = 503, description = "The router does not answer", body = Detail),
    ))]
pub(super) async fn health(State(api): State<Arc<Api>>, uri: Uri) -> Result<Json<Report>, Problem> {
    let query = Query::read(&uri, &["service"])?;
    let scope = match query.value("service") {
        Some(name) => Scope::Service(name),
        None => Scope::All,
    };
    let ask = async |client: &aegis_client::Client| health::ask(client, scope).await;
    Ok(Json(api.asking.ask(ask).await?))
}
