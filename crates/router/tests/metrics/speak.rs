//! What instances and callers say to the router in these tests.

use aegis_nats::PeerId;
use serde_json::{Value, json};

use crate::support::{Bench, pack};

const LIFE: u64 = 7;

pub(crate) fn registration(service: &str, instance: &str) -> Value {
    json!({"service_name": service, "instance_id": instance, "incarnation": LIFE, "protocol": 1,
        "methods": [{"name": "sum", "safety": "idempotent"}], "capabilities": ["lifeline"],
        "metadata": {}})
}

pub(crate) fn call(bench: &mut Bench, from: PeerId, service: &str, method: &str) {
    let body = json!({"service_name": service, "method": method, "params": {}, "timeout": 5.0,
        "trace_id": "t", "message_id": "6f1b2c3d-0000-4000-8000-000000000001"});
    bench.publish(
        from,
        "ipc.route.request",
        Some("_INBOX.caller"),
        &pack(&body),
    );
}

pub(crate) fn beat(bench: &mut Bench, instance: PeerId, id: &str, status: &str) {
    let body = json!({"service_name": "sums", "instance_id": id, "status": status});
    bench.publish(instance, "ipc.service.heartbeat", None, &pack(&body));
}
