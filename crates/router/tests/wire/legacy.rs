//! The first AegisIPC's messages, exactly as its SDK and services send them, and the keys they
//! read in the answers.

use std::time::Duration;

use crate::support::{Bench, pack};
use serde_json::{Value, json};

fn call(service: &str) -> Value {
    json!({
        "service_name": service, "method": "last", "params": {"a": 1}, "timeout": 5,
        "trace_id": "trace_0123456789abcdef", "message_id": "6f1b2c3d-0000-4000-8000-000000000001"
    })
}

#[test]
fn a_registration_is_answered_flat_and_under_data() {
    let mut bench = Bench::new();
    let client = bench.client();
    let body = json!({"service_name": " quotes ", "instance_id": "inst01", "role": "active",
        "metadata": {"zone": "a"}, "host": "h", "port": 1, "trace_id": "t"});
    let reply = bench.ask(client, "ipc.service.register", &body);
    for place in [&reply, &reply["data"]] {
        assert_eq!(place["success"], true);
        assert_eq!(place["service_name"], "quotes");
        assert_eq!(place["instance_id"], "inst01");
        assert_eq!(place["role"], "ACTIVE");
        assert_eq!(place["registered_at"], "2023-11-14T22:13:21.000000+00:00");
        assert!(place["message"].as_str().unwrap().contains("ACTIVE"));
    }
    assert!(
        reply.get("lease_token").is_none(),
        "tokens are for native instances"
    );
}

#[test]
fn a_duplicate_is_refused_while_its_beats_are_on_time_and_taken_over_after() {
    let mut bench = Bench::new();
    bench.legacy_service("quotes", "instance_1");
    let other = bench.client();
    let body = json!({"service_name": "quotes", "instance_id": "instance_1", "role": "standby",
        "metadata": {}});
    let refused = bench.ask(other, "ipc.service.register", &body);
    assert_eq!(refused["success"], false);
    assert_eq!(refused["error"]["code"], "DUPLICATE_INSTANCE");
    assert!(refused["error"]["message"].is_string() && refused["error"]["details"].is_object());
    bench.pass(Duration::from_secs(15));
    assert_eq!(
        bench.ask(other, "ipc.service.register", &body)["success"],
        true
    );
}

#[test]
fn validation_names_the_field_and_leaves_no_trace() {
    let mut bench = Bench::new();
    let client = bench.client();
    for (body, field) in [
        (json!({"instance_id": "i"}), "service_name"),
        (
            json!({"service_name": "s", "instance_id": "  "}),
            "instance_id",
        ),
        (
            json!({"service_name": "s", "instance_id": "a b"}),
            "instance_id",
        ),
        (
            json!({"service_name": "s", "instance_id": "a.*"}),
            "instance_id",
        ),
        (
            json!({"service_name": "s", "instance_id": "i", "metadata": null}),
            "metadata",
        ),
        (
            json!({"service_name": "s", "instance_id": "i", "role": "ACTIVE"}),
            "role",
        ),
    ] {
        let reply = bench.ask(client, "ipc.service.register", &body);
        assert_eq!(reply["error"]["code"], "VALIDATION_ERROR", "{reply}");
        assert!(
            reply["error"]["message"].as_str().unwrap().contains(field),
            "{reply}"
        );
    }
    let reply = bench.ask(client, "ipc.route.request", &call("s"));
    assert_eq!(
        reply["error"]["code"], 404,
        "no empty service was left behind"
    );
}

#[test]
fn unregister_always_answers() {
    let mut bench = Bench::new();
    let client = bench.legacy_service("quotes", "instance_1");
    let never = json!({"service_name": "quotes", "instance_id": "instance_x"});
    assert_eq!(
        bench.ask(client, "ipc.service.unregister", &never)["success"],
        true
    );
    let known = json!({"service_name": "quotes", "instance_id": "instance_1"});
    assert_eq!(
        bench.ask(client, "ipc.service.unregister", &known)["success"],
        true
    );
    let reply = bench.ask(client, "ipc.route.request", &call("quotes"));
    assert_eq!(
        (&reply["error"]["code"], &reply["error"]["type"]),
        (&json!(503), &json!("ServiceUnavailableError"))
    );
}

#[test]
fn a_heartbeat_with_a_reply_subject_gets_its_envelope() {
    let mut bench = Bench::new();
    let client = bench.legacy_service("quotes", "instance_1");
    let mut beat = json!({"service_name": "quotes", "instance_id": "instance_1",
        "timestamp": "2024-01-01T00:00:00+00:00", "status": "healthy"});
    let reply = bench.ask(client, "ipc.service.heartbeat", &beat);
    assert_eq!(reply["envelope"]["success"], true);
    assert_eq!(reply["data"]["instance_id"], "instance_1");
    assert!(reply["data"]["updated_at"].is_string());
    beat["instance_id"] = json!("nobody");
    let reply = bench.ask(client, "ipc.service.heartbeat", &beat);
    assert_eq!(reply["envelope"]["success"], false);
    assert_eq!(reply["envelope"]["error_code"], "NOT_FOUND");
    assert_eq!(reply["data"], json!({}));
}

#[test]
fn heartbeats_without_reply_subject_keep_an_instance_for_ever() {
    let mut bench = Bench::new();
    let client = bench.legacy_service("quotes", "instance_1");
    let beat = pack(&json!({"service_name": "quotes", "instance_id": "instance_1"}));
    for _ in 0..20 {
        bench.pass(Duration::from_secs(5));
        bench.publish(client, "ipc.service.heartbeat", None, &beat);
    }
    let core = bench.switch.local().core();
    assert!(core.instances().all(|instance| instance.routable));
    bench.pass(Duration::from_secs(30));
    let core = bench.switch.local().core();
    assert!(
        core.instances().all(|instance| !instance.routable),
        "silent for its TTL"
    );
}

#[test]
fn a_call_travels_with_the_keys_that_services_read_and_its_reply_has_all_eight() {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    let mut request = call("quotes");
    request["trace_id"] = json!("a..b");
    bench.publish(
        caller,
        "ipc.route.request",
        Some("_INBOX.me"),
        &pack(&request),
    );

    let work = bench.receive(service).pop().expect("the call");
    let body = work.body();
    assert_eq!(work.subject, "ipc.instance.instance_1.inbox");
    assert_eq!(body["method"], "last");
    assert_eq!(body["params"], json!({"a": 1}));
    assert_eq!(body["trace_id"], "a..b");
    assert_eq!(body["message_id"], request["message_id"]);
    assert_eq!(body["service_name"], "quotes");
    let derived = format!("ipc.response.{}", body["correlation_id"].as_str().unwrap());
    assert_eq!(
        work.reply.as_deref(),
        Some(derived.as_str()),
        "both addressing styles agree"
    );

    bench.publish(
        service,
        &derived,
        None,
        &pack(&json!({"success": true, "result": [1, 2]})),
    );
    let reply = bench.receive(caller).pop().expect("the reply").body();
    let mut keys: Vec<&str> = reply
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "duration_ms",
            "error",
            "instance_id",
            "message_id",
            "result",
            "success",
            "timestamp",
            "trace_id"
        ]
    );
    assert_eq!(
        (&reply["success"], &reply["result"]),
        (&json!(true), &json!([1, 2]))
    );
    assert_eq!(
        (&reply["trace_id"], &reply["instance_id"]),
        (&json!("a..b"), &json!("instance_1"))
    );
}

fn answered_with(answer: &[u8]) -> Value {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    bench.publish(
        caller,
        "ipc.route.request",
        Some("_INBOX.me"),
        &pack(&call("quotes")),
    );
    let to = bench
        .receive(service)
        .pop()
        .expect("the call")
        .reply
        .expect("a reply subject");
    bench.publish(service, &to, None, answer);
    bench.receive(caller).pop().expect("the reply").body()
}

#[test]
fn a_services_own_failure_passes_through_with_its_code() {
    let error = json!({"success": false, "error": {"code": 503, "type": "Busy", "message": "no"}});
    let reply = answered_with(&pack(&error));
    assert_eq!(reply["success"], false);
    assert_eq!(
        (&reply["error"]["code"], &reply["error"]["type"]),
        (&json!(503), &json!("Busy"))
    );
    assert_eq!(reply["error"]["message"], "no");
    assert_eq!(reply["error"]["outcome"], "ran");
}

#[test]
fn replies_that_python_cannot_read_become_errors_that_say_where() {
    let integer_keys = [
        0x81, 0xa6, b'r', b'e', b's', b'u', b'l', b't', 0x81, 0x01, 0x02,
    ];
    let reply = answered_with(&integer_keys);
    assert_eq!(
        (&reply["error"]["code"], &reply["error"]["type"]),
        (&json!(500), &json!("InvalidReply"))
    );
    assert!(
        reply["error"]["message"]
            .as_str()
            .unwrap()
            .contains("`result`"),
        "{reply}"
    );
    let not_a_map = answered_with(&pack(&json!([1])));
    assert_eq!(not_a_map["error"]["error_code"], "INVALID_REPLY");
    assert!(
        not_a_map["error"]["message"]
            .as_str()
            .unwrap()
            .contains("not a map")
    );
    assert_eq!(answered_with(b"\xc1garbage")["error"]["code"], 500);
}

#[test]
fn a_dead_service_is_504_at_once_and_the_next_call_503() {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    bench.publish(
        caller,
        "ipc.route.request",
        Some("_INBOX.me"),
        &pack(&call("quotes")),
    );
    assert_eq!(bench.receive(service).len(), 1);
    bench.close(service);
    let reply = bench
        .receive(caller)
        .pop()
        .expect("an answer at once")
        .body();
    assert_eq!(
        (&reply["error"]["code"], &reply["error"]["outcome"]),
        (&json!(504), &json!("unknown"))
    );
    let reply = bench.ask(caller, "ipc.route.request", &call("quotes"));
    assert_eq!(
        (&reply["error"]["code"], &reply["error"]["outcome"]),
        (&json!(503), &json!("not_run"))
    );
}

#[test]
fn a_silent_service_is_504_before_the_sdk_gives_up() {
    let mut bench = Bench::new();
    bench.legacy_service("quotes", "instance_1");
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    bench.publish(
        caller,
        "ipc.route.request",
        Some("_INBOX.me"),
        &pack(&call("quotes")),
    );
    bench.pass(Duration::from_millis(4_940));
    assert!(bench.receive(caller).is_empty());
    bench.pass(Duration::from_millis(59));
    let reply = bench
        .receive(caller)
        .pop()
        .expect("an answer within its timeout")
        .body();
    assert_eq!(reply["error"]["code"], 504);
    assert_eq!(reply["instance_id"], "instance_1");
}

#[test]
fn an_inbox_without_subscriber_is_out_of_routing_until_it_has_one() {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let caller = bench.client();
    bench.unsubscribe(service, "ipc.instance.instance_1.inbox");
    let reply = bench.ask(caller, "ipc.route.request", &call("quotes"));
    assert_eq!(reply["error"]["code"], 503);
    bench.subscribe(service, "ipc.instance.instance_1.inbox");
    bench.subscribe(caller, "_INBOX.me");
    bench.publish(
        caller,
        "ipc.route.request",
        Some("_INBOX.me"),
        &pack(&call("quotes")),
    );
    assert_eq!(
        bench.receive(service).len(),
        1,
        "routable by inbox interest"
    );
}

#[test]
fn bad_calls_are_told_so() {
    let mut bench = Bench::new();
    bench.legacy_service("quotes", "instance_1");
    let caller = bench.client();
    let mut bad_params = call("quotes");
    bad_params["params"] = json!([1]);
    let mut too_long = call("quotes");
    too_long["timeout"] = json!(301);
    let mut resource = call("quotes");
    resource["resource_id"] = json!("user-1");
    for (body, code, text) in [
        (json!({"method": "m", "trace_id": "t"}), 500, "service_name"),
        (bad_params, 500, "params"),
        (too_long, 500, "timeout"),
        (call("nobody"), 404, "service"),
        (resource, 404, "resource"),
    ] {
        let reply = bench.ask(caller, "ipc.route.request", &body);
        assert_eq!(reply["error"]["code"], code, "{reply}");
        assert!(
            reply["error"]["message"].as_str().unwrap().contains(text),
            "{reply}"
        );
        assert_eq!(reply["trace_id"], body["trace_id"]);
    }
}
