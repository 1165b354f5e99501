//! What this router does not do yet is answered at once, in the shape that each asker reads.

use serde_json::{Value, json};

use crate::support::{Bench, pack};

const UUID: &str = "6f1b2c3d-0000-4000-8000-000000000001";

/// Each act with the keys that the SDK builds its model from, besides `success` and `trace_id`.
fn acts() -> [(&'static str, Value); 6] {
    [
        ("register", json!({"registered": [], "conflicts": {}})),
        ("release", json!({"released": [], "errors": {}})),
        (
            "bulk_register",
            json!({"total_requested": 2, "total_registered": 0, "registered": [], "failed": [],
                "batch_results": []}),
        ),
        (
            "bulk_release",
            json!({"total_requested": 2, "total_released": 0, "released": [], "failed": [],
                "batch_results": [], "rollback_performed": false}),
        ),
        (
            "transfer",
            json!({"transferred": [], "failed": {}, "transfer_id": ""}),
        ),
        ("query", json!({"resources": []})),
    ]
}

fn check_refusal(reply: &Value, code: &str, says: &str) {
    assert_eq!(reply["success"], false, "{reply}");
    let error = &reply["error"];
    assert_eq!(error["code"], code, "{reply}");
    let text = error["message"].as_str().expect("a text");
    assert!(text.contains(says), "{text}");
    assert!(error["details"].is_object(), "{reply}");
}

#[test]
fn acts_on_resources_are_refused_with_everything_a_result_has() {
    let mut bench = Bench::new();
    let client = bench.legacy_service("orders", "instance_1");
    for (act, keys) in acts() {
        let body = json!({"service_name": "orders", "instance_id": "instance_1", "trace_id": "a..b",
            "resource_ids": ["user-1", "user-2"], "force": false, "metadata": {}});
        for subject in [
            format!("ipc.resource.{act}"),
            format!("ipc.resource.{act}.orders.instance_1"),
        ] {
            let reply = bench.ask(client, &subject, &body);
            check_refusal(&reply, "NOT_SUPPORTED", "resource");
            assert_eq!(reply["trace_id"], "a..b");
            for (key, value) in keys.as_object().expect("a map") {
                assert_eq!(&reply[key], value, "{subject} {key}");
            }
        }
        let elsewhere = format!("ipc.resource.{act}.orders.instance_2");
        let reply = bench.ask(client, &elsewhere, &body);
        check_refusal(&reply, "SUBJECT_MISMATCH", "subject");
        let unreadable = bench
            .ask_raw(client, &format!("ipc.resource.{act}"), b"\xc1")
            .body();
        assert_eq!(unreadable["success"], false);
        assert_eq!(unreadable["trace_id"], "unknown");
    }
}

#[test]
fn the_fate_of_messages_is_not_known() {
    let mut bench = Bench::new();
    let client = bench.client();
    let body = json!({"message_id": UUID, "trace_id": "status_1"});
    let reply = bench.ask(client, "ipc.message.status", &body);
    check_refusal(&reply, "NOT_SUPPORTED", "later version");
    assert_eq!(reply["message_id"], UUID);
    assert_eq!(reply["trace_id"], "status_1");
    assert_eq!(reply.get("state"), Some(&Value::Null), "there, and no lie");
    for key in ["retry_count", "last_error", "created_at", "ack_deadline"] {
        assert!(reply.get(key).is_some(), "{key}");
    }
    let body = json!({"service_name": "orders", "message_id": UUID});
    let reply = bench.ask(client, "ipc.outcome.orders", &body);
    check_refusal(&reply, "NOT_SUPPORTED", "later version");
    let unreadable = bench.ask_raw(client, "ipc.message.status", b"\x90").body();
    check_refusal(&unreadable, "VALIDATION_ERROR", "map");
}

#[test]
fn role_leases_are_refused() {
    let mut bench = Bench::new();
    let client = bench.client();
    for act in ["renew", "release"] {
        let subject = format!("ipc.role.{act}.orders.a");
        let reply = bench.ask(client, &subject, &json!({}));
        check_refusal(&reply, "NOT_SUPPORTED", "role");
    }
}

#[test]
fn acks_harm_nobody() {
    let mut bench = Bench::new();
    let client = bench.client();
    let ack = pack(
        &json!({"message_id": UUID, "service_name": "orders", "status": "success",
        "instance_id": "i", "error_message": null, "processing_time_ms": 0.0, "trace_id": "ack_1"}),
    );
    for subject in [
        format!("ipc.ack.{UUID}"),
        "ipc.ack.response".to_owned(),
        "ipc.ack.not-a-uuid".to_owned(),
    ] {
        bench.publish(client, &subject, None, &ack);
        bench.publish(client, &subject, None, b"\xc1garbage");
    }
    assert_eq!(bench.switch.local().counters().unanswerable, 0);
    let reply = bench.ask_raw(client, "ipc.ack.response", &ack).body();
    check_refusal(&reply, "NOT_SUPPORTED", "later version");
    assert_eq!(reply["confirmed"], false);
}

#[test]
fn requests_that_cannot_be_answered_are_counted_and_no_more() {
    let mut bench = Bench::new();
    let client = bench.client();
    let subjects = [
        "ipc.resource.register",
        "ipc.message.status",
        "ipc.role.renew.s.i",
    ];
    for subject in subjects {
        bench.publish(client, subject, None, b"\x80");
        bench.publish(client, subject, Some("ipc.service.register"), b"\x80");
    }
    assert_eq!(bench.switch.local().counters().unanswerable, 6);
}
