//! `/metrics` of a running router.

use crate::harness::{Running, http_get};

#[test]
fn a_router_shows_its_metrics() {
    let router = Running::router();
    let admin = router.started["admin"].as_str().unwrap().to_owned();
    let answer = http_get(&admin, "/metrics");
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let kind = "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(head.to_lowercase().contains(kind), "{head}");
    assert!(
        text.contains("\naegis_router_state{state=\"serving\"} 1.0\n"),
        "{text}"
    );
    assert!(text.contains("\naegis_broker_connected{} 1.0\n"), "{text}");
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(!text.contains("ipc_"), "the old names are asked for");
}
