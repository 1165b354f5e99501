//! What the admin listener answers.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::{Metrics, NotReady, metrics};

/// `/livez`: the process runs. `/readyz`: it takes work, else 503 with the reason.
pub(super) fn router(not_ready: NotReady, numbers: Metrics) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(not_ready)
        .merge(metrics::router(numbers))
}

async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(not_ready): State<NotReady>) -> (StatusCode, String) {
    match not_ready() {
        None => (StatusCode::OK, "ok\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}
