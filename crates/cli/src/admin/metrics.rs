//! `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use aegis_router::metrics::{CONTENT_TYPE, MetricsSource};

/// Where the numbers come from, and under which names they are shown.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) source: MetricsSource,
    /// With the names of the first AegisIPC as well.
    pub(crate) legacy_names: bool,
}

/// `/metrics`: OpenMetrics text, or 503 with the reason.
pub(super) fn router(metrics: Metrics) -> Router {
    Router::new()
        .route("/metrics", get(scrape))
        .with_state(metrics)
}

/// Its numbers, as OpenMetrics.
// It waits for the router's thread, so it is not done on the thread that answers `/livez`.
#[utoipa::path(get, path = "/metrics", tag = "process",
    responses(
        (status = 200, description = "The numbers", body = String, content_type = "application/openmetrics-text"),
        (status = 503, description = "The router does not answer, and why", body = String, content_type = "text/plain"),
    ))]
pub(super) async fn scrape(State(metrics): State<Metrics>) -> Response {
    let scraped =
        tokio::task::spawn_blocking(move || metrics.source.scrape(metrics.legacy_names)).await;
    match scraped {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response(),
        Ok(Err(why)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
