//! What the admin listener answers.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::api::{self, Api};
use super::{Metrics, NotReady, metrics};

/// `/livez`: the process runs. `/readyz`: it takes work, else 503 with the reason. `/metrics`: its numbers.
/// `/api/v1`: what the router knows.
pub(super) fn router(not_ready: NotReady, api: Arc<Api>, numbers: Metrics) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(not_ready)
        .merge(metrics::router(numbers))
        .merge(api::routes(api))
        .fallback(api::not_found)
        .method_not_allowed_fallback(api::method_not_allowed)
}

/// The process runs.
#[utoipa::path(get, path = "/livez", tag = "process",
    responses((status = 200, description = "Always", body = String, content_type = "text/plain")))]
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// It takes work, or why not.
#[utoipa::path(get, path = "/readyz", tag = "process",
    responses(
        (status = 200, description = "It takes work", body = String, content_type = "text/plain"),
        (status = 503, description = "It takes none, and why", body = String, content_type = "text/plain"),
    ))]
pub(super) async fn readyz(State(not_ready): State<NotReady>) -> (StatusCode, String) {
    match not_ready() {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}
