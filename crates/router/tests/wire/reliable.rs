//! Reliable calls of the first AegisIPC: refused, and acknowledged, so that its SDK says so at once.

use serde_json::{Value, json};

use crate::support::{Bench, Received, pack};

const UUID: &str = "6f1b2c3d-0000-4000-8000-000000000001";

fn reliable(service: &str) -> Value {
    json!({"service_name": service, "method": "last", "params": {}, "timeout": 5.0,
        "trace_id": "trace_1", "message_id": UUID, "require_ack": true})
}

/// What its caller hears, in order: it listens for the ack before it asks.
fn heard(bench: &mut Bench, body: &Value) -> Vec<Received> {
    let caller = bench.client();
    bench.subscribe(caller, "ipc.ack.*");
    bench.subscribe(caller, "_INBOX.reliable");
    bench.publish(
        caller,
        "ipc.route.request",
        Some("_INBOX.reliable"),
        &pack(body),
    );
    bench.receive(caller)
}

#[test]
fn a_reliable_call_is_refused_and_then_acknowledged() {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let heard = heard(&mut bench, &reliable("quotes"));
    let subjects: Vec<&str> = heard.iter().map(|one| one.subject.as_str()).collect();
    let acked = format!("ipc.ack.{UUID}");
    assert_eq!(subjects, ["_INBOX.reliable", acked.as_str()]);
    let reply = heard[0].body();
    assert_eq!(
        (&reply["error"]["code"], &reply["error"]["type"]),
        (&json!(500), &json!("NotSupported"))
    );
    assert_eq!(reply["error"]["outcome"], "not_run");
    let ack = heard[1].body();
    assert_eq!(ack["status"], "success");
    assert_eq!(ack["error_message"], Value::Null);
    assert_eq!(
        (&ack["message_id"], &ack["service_name"]),
        (&json!(UUID), &json!("quotes"))
    );
    assert!(ack["processing_time_ms"].as_f64().expect("a float") > 0.0);
    assert!(!ack["instance_id"].as_str().expect("a text").is_empty());
    assert_eq!(ack["trace_id"], "trace_1");
    assert!(bench.receive(service).is_empty(), "nobody ran it");
}

#[test]
fn every_refusal_of_a_reliable_call_is_acknowledged() {
    let mut bench = Bench::new();
    let mut resource = reliable("quotes");
    resource["resource_id"] = json!("user-1");
    let mut unreadable = reliable("quotes");
    unreadable["timeout"] = json!("soon");
    let unknown = reliable("nobody");
    for (body, code) in [(resource, 404), (unreadable, 500), (unknown, 500)] {
        let heard = heard(&mut bench, &body);
        assert_eq!(heard.len(), 2, "{body}");
        assert_eq!(heard[0].body()["error"]["code"], code);
        assert_eq!(heard[1].body()["status"], "success");
    }
}

#[test]
fn only_a_uuid_becomes_part_of_a_subject() {
    let mut bench = Bench::new();
    for id in [
        json!(null),
        json!("response"),
        json!("a b"),
        json!("a..b"),
        json!(">"),
        json!(7),
    ] {
        let mut body = reliable("quotes");
        body["message_id"] = id;
        let heard = heard(&mut bench, &body);
        assert_eq!(heard.len(), 1, "{body}: the reply alone");
        assert_eq!(heard[0].body()["error"]["code"], 500);
    }
}

#[test]
fn plain_calls_are_not_acknowledged() {
    let mut bench = Bench::new();
    let mut body = reliable("nobody");
    body["require_ack"] = json!(false);
    assert_eq!(heard(&mut bench, &body).len(), 1);
    body["resource_id"] = json!("user-1");
    let heard = heard(&mut bench, &body);
    assert_eq!(heard.len(), 1);
    let error = heard[0].body()["error"].clone();
    assert_eq!(
        (&error["code"], &error["type"]),
        (&json!(404), &json!("ResourceNotFoundError"))
    );
    assert!(
        error["message"]
            .as_str()
            .expect("a text")
            .contains("resource")
    );
    assert_eq!(error["resource_id"], "user-1");
    assert_eq!(error["service_name"], "nobody");
    assert_eq!(error.get("owner_instance_id"), Some(&Value::Null));
}
