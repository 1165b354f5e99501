//! `/api/v1`: what the router knows, over HTTP. It only reads.
//!
//! The description at `/api/v1/openapi.json` is made of the types that are answered; a test holds each
//! path of it against what is served.

mod asking;
mod first;
mod health;
mod listings;
mod problem;
mod query;
mod records;
mod router;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;
use utoipa::OpenApi;

pub(crate) use asking::WhereToAsk;
pub(super) use problem::Problem;

use crate::config::{LimitShown, Settings, Shown};
use asking::Asking;
use problem::Detail;

/// What the paths answer from.
#[derive(Debug)]
pub(crate) struct Api {
    asking: Asking,
    limits: Vec<LimitShown>,
    settings: Vec<Shown>,
    description: String,
}

impl Api {
    /// Of a router that can be asked there and was started with these settings.
    pub(crate) fn new(place: WhereToAsk, settings: &Settings) -> Self {
        Self {
            asking: Asking::new(place),
            limits: settings.limits_shown(),
            settings: settings.shown(),
            description: description(),
        }
    }
}

/// All paths under `/api`.
pub(super) fn routes(api: Arc<Api>) -> Router {
    Router::new()
        .route("/api/v1/openapi.json", get(openapi))
        .route("/api/v1/services", get(listings::services))
        .route("/api/v1/services/{name}", get(listings::service))
        .route(
            "/api/v1/services/{name}/instances/{instance}",
            get(listings::instance),
        )
        .route("/api/v1/instances", get(listings::instances))
        .route("/api/v1/health", get(health::health))
        .route("/api/v1/router", get(router::router))
        .route("/api/v1/limits", get(router::limits))
        .route("/api/v1/config", get(router::config))
        .route("/api/v1/admin/services", get(first::services))
        .route("/api/v1/admin/services/{name}", get(first::service))
        .route("/api/v1/admin/services/{name}/roles", get(first::roles))
        .route("/api/v1/admin/health", get(first::health))
        .with_state(api)
}

/// Without a mention of any path.
pub(super) async fn not_found(uri: Uri) -> Problem {
    Problem::not_found(format!(
        "nothing at {}; /api/v1/openapi.json says what there is",
        uri.path()
    ))
}

/// `Allow` is set by whoever routes.
pub(super) async fn method_not_allowed() -> Problem {
    Problem::method_not_allowed()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "AegisIPC admin",
        description = "What the router knows. Only GET and HEAD; there is no authentication, so it listens on loopback."
    ),
    paths(
        crate::admin::routes::livez,
        crate::admin::routes::readyz,
        crate::admin::metrics::scrape,
        openapi,
        listings::services,
        listings::service,
        listings::instances,
        listings::instance,
        health::health,
        router::router,
        router::limits,
        router::config,
        first::services,
        first::service,
        first::roles,
        first::health,
    ),
    tags(
        (name = "registry", description = "Services and instances."),
        (name = "health", description = "Whether all is well, and why not."),
        (name = "router", description = "The router and what it runs with."),
        (name = "process", description = "The process, for supervisors and Prometheus."),
        (name = "first", description = "The admin paths of the first AegisIPC, in its shapes."),
    )
)]
struct Description;

fn description() -> String {
    Description::openapi().to_pretty_json().unwrap_or_default()
}

/// This description.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "router",
    responses(
        (status = 200, description = "OpenAPI 3.1", body = Object),
        (status = 422, description = "A parameter is wrong", body = Detail),
    ))]
async fn openapi(State(api): State<Arc<Api>>, uri: Uri) -> Result<Response, Problem> {
    query::none(&uri)?;
    Ok(as_json(StatusCode::OK, api.description.clone()))
}

/// An answer as JSON.
#[derive(Debug)]
struct Json<T>(T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

/// One line of JSON, with an end that a terminal likes.
fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_string(value) {
        Ok(text) => as_json(status, text + "\n"),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn as_json(status: StatusCode, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    // What it says is true now, not later.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
