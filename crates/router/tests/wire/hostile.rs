//! Bad input: a clear error to its sender, and everybody else unharmed.

use crate::support::{Bench, pack};
use serde_json::{Value, json};

fn register(incarnation: u64) -> Value {
    json!({
        "service_name": "orders", "instance_id": "a", "incarnation": incarnation,
        "capabilities": ["lifeline"], "methods": [{"name": "place"}]
    })
}

#[test]
fn garbage_and_nested_bombs_harm_nobody() {
    let mut bench = Bench::new();
    bench.legacy_service("quotes", "instance_1");
    let client = bench.client();
    let mut bomb = vec![0x91_u8; 100_000];
    bomb.push(0xc0);
    let huge_prefix = [0xdd, 0xff, 0xff, 0xff, 0xff];
    for subject in [
        "ipc.route.request",
        "ipc.route.request.quotes.last",
        "ipc.service.register",
        "ipc.service.unregister",
        "ipc.service.heartbeat",
        "ipc.admin.service.ls",
    ] {
        for body in [&b"\xc1"[..], b"not msgpack", &bomb, &huge_prefix] {
            let reply = bench.ask_raw(client, subject, body).body();
            let ok = reply["success"] == json!(false);
            assert!(ok, "{subject}: {reply}");
        }
        bench.publish(client, subject, None, b"no reply subject");
    }
    assert!(
        bench
            .switch
            .local()
            .core()
            .instances()
            .all(|instance| instance.routable)
    );
}

#[test]
fn answers_never_go_to_our_own_subjects_or_the_brokers() {
    let mut bench = Bench::new();
    let spy = bench.client();
    bench.subscribe(spy, "ipc.inbox.>");
    bench.subscribe(spy, "$SYS.>");
    let client = bench.client();
    for reply in ["ipc.inbox.orders.a.1", "ipc.service.unregister", "$SYS.REQ"] {
        bench.publish(client, "ipc.admin.service.ls", Some(reply), b"");
        bench.publish(client, "ipc.route.request", Some(reply), &pack(&json!({})));
    }
    assert!(bench.receive(spy).is_empty());
    assert_eq!(bench.switch.local().counters().unanswerable, 6);
}

#[test]
fn subject_and_body_must_agree() {
    let mut bench = Bench::new();
    let client = bench.client();
    let reply = bench.ask(client, "ipc.service.register.orders.b", &register(5));
    assert_eq!(reply["error"]["code"], "SUBJECT_MISMATCH");
    let call = json!({"service_name": "orders", "method": "place", "protocol": 1});
    let reply = bench.ask(client, "ipc.route.request.orders.cancel", &call);
    assert_eq!(reply["error"]["error_code"], "SUBJECT_MISMATCH");
    assert_eq!(bench.switch.local().core().services().count(), 0);
}

#[test]
fn only_the_token_renews_and_leaves() {
    let mut bench = Bench::new();
    let client = bench.client();
    let granted = bench.register_native(client, &register(5));
    let token = granted["lease_token"].as_u64().expect("a token");
    let mut beat = json!({"service_name": "orders", "instance_id": "a", "incarnation": 5,
        "lease_token": token ^ 1});
    let refused = bench.ask(client, "ipc.service.heartbeat.orders.a", &beat);
    assert_eq!(refused["error_code"], "WRONG_LEASE_TOKEN");
    let refused = bench.ask(client, "ipc.service.unregister.orders.a", &beat);
    assert_eq!(refused["error"]["code"], "WRONG_LEASE_TOKEN");
    let legacy = json!({"service_name": "orders", "instance_id": "a"});
    let refused = bench.ask(client, "ipc.service.unregister", &legacy);
    assert_eq!(
        refused["success"], false,
        "a native instance is not removed by a legacy message"
    );
    beat["lease_token"] = json!(token);
    assert_eq!(
        bench.ask(client, "ipc.service.heartbeat.orders.a", &beat)["success"],
        true
    );
    beat["instance_id"] = json!("nobody");
    let unknown = bench.ask(client, "ipc.service.heartbeat.orders.nobody", &beat);
    assert_eq!(unknown["error_code"], "UNKNOWN_INSTANCE");
}

#[test]
fn a_duplicate_id_waits_for_proof_and_an_older_start_is_told_why() {
    let mut bench = Bench::new();
    let first = bench.client();
    bench.register_native(first, &register(5));
    let second = bench.client();
    let refused = bench.ask(second, "ipc.service.register.orders.a", &register(6));
    assert_eq!(refused["error"]["code"], "DUPLICATE_INSTANCE");
    assert_eq!(refused["error"]["retryable"], true);
    let stale = bench.ask(second, "ipc.service.register.orders.a", &register(4));
    assert_eq!(stale["error"]["code"], "STALE_INCARNATION");
    assert!(
        stale["error"]["message"]
            .as_str()
            .unwrap()
            .contains("clock")
    );
    bench.close(first);
    let admitted = bench.register_native(second, &register(6));
    assert_eq!(admitted["success"], true);
}

#[test]
fn a_guessed_response_subject_answers_nobody() {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    let call = json!({"service_name": "quotes", "method": "last", "trace_id": "t"});
    bench.publish(caller, "ipc.route.request", Some("_INBOX.me"), &pack(&call));
    let to = bench
        .receive(service)
        .pop()
        .expect("the call")
        .reply
        .expect("a reply subject");
    let attacker = bench.client();
    let (router, token) = to.rsplit_once('.').expect("a token");
    let nonce = u64::from_str_radix(&token[16..], 16).expect("hex");
    for guess in [nonce ^ 2, nonce ^ 1, 0, u64::MAX] {
        let subject = format!("{router}.{}{guess:016x}", &token[..16]);
        let body = pack(&json!({"success": true, "result": "forged"}));
        bench.publish(attacker, &subject, None, &body);
    }
    bench.publish(attacker, &format!("{router}.short"), None, b"x");
    assert!(bench.receive(caller).is_empty());
    assert_eq!(bench.switch.local().counters().late_responses, 5);
}

#[test]
fn an_expired_call_is_never_sent() {
    let mut bench = Bench::new();
    let service = bench.legacy_service("quotes", "instance_1");
    let caller = bench.client();
    let call = json!({"service_name": "quotes", "method": "last", "protocol": 1, "timeout_ms": 0});
    let reply = bench.ask(caller, "ipc.route.request.quotes.last", &call);
    assert_eq!(reply["error"]["error_code"], "EXPIRED");
    assert_eq!(reply["error"]["outcome"], "not_run");
    assert!(bench.receive(service).is_empty());
}

#[test]
fn error_replies_are_errors_to_plain_nats_clients_too() {
    let mut bench = Bench::new();
    let client = bench.client();
    let call = json!({"service_name": "nobody", "method": "m", "protocol": 1});
    let reply = bench.ask_raw(client, "ipc.route.request.nobody.m", &pack(&call));
    assert!(
        reply.headers.contains("Nats-Service-Error-Code: 404\r\n"),
        "{}",
        reply.headers
    );
}

#[test]
fn who_deregistered_and_stopped_listening_leaves_no_caller_waiting() {
    let mut bench = Bench::new();
    let service = bench.client();
    let granted = bench.register_native(service, &register(5));
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    let call = json!({"service_name": "orders", "method": "place", "protocol": 1});
    let subject = "ipc.route.request.orders.place";
    bench.publish(caller, subject, Some("_INBOX.me"), &pack(&call));
    assert_eq!(bench.receive(service).len(), 1, "the call");
    let mut leave = json!({"service_name": "orders", "instance_id": "a", "incarnation": 5});
    leave["lease_token"] = granted["lease_token"].clone();
    bench.ask(service, "ipc.service.unregister.orders.a", &leave);
    assert!(
        bench.receive(caller).is_empty(),
        "its work may still be answered"
    );
    bench.unsubscribe(service, "ipc.inbox.orders.a.5");
    let reply = bench
        .receive(caller)
        .pop()
        .expect("an answer at once")
        .body();
    assert_eq!(reply["error"]["error_code"], "OUTCOME_UNKNOWN");
}

#[test]
fn metadata_has_a_limit() {
    let mut bench = Bench::new();
    let client = bench.client();
    let mut body = json!({"service_name": "quotes", "instance_id": "instance_1", "metadata": {}});
    // A map of one entry: 1 byte, key 2 bytes, text of that length with 3 bytes before it.
    body["metadata"]["k"] = json!("x".repeat(16 * 1024 - 6));
    assert_eq!(
        bench.ask(client, "ipc.service.register", &body)["success"],
        true
    );
    body["instance_id"] = json!("instance_2");
    body["metadata"]["k"] = json!("x".repeat(16 * 1024 - 5));
    let refused = bench.ask(client, "ipc.service.register", &body);
    assert_eq!(refused["error"]["code"], "VALIDATION_ERROR");
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap_or("")
            .contains("metadata")
    );
}
