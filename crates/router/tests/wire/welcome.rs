//! What a new native instance and its callers see until its inbox has answered.

use std::time::Duration;

use aegis_nats::PeerId;
use serde_json::{Value, json};

use crate::support::{Bench, Received};

fn registration(incarnation: u64) -> Value {
    json!({
        "service_name": "orders", "instance_id": "a", "incarnation": incarnation,
        "capabilities": ["lifeline"], "methods": [{"name": "place", "safety": "idempotent"}]
    })
}

fn call(bench: &mut Bench, caller: PeerId) -> Value {
    let call = json!({"service_name": "orders", "method": "place", "protocol": 1});
    bench.ask(caller, "ipc.route.request.orders.place", &call)
}

/// The only message, and it is the answer to the registration.
fn answer(bench: &mut Bench, instance: PeerId) -> Value {
    let mut received: Vec<Received> = bench.receive(instance);
    received.retain(|message| message.subject.starts_with("_INBOX."));
    assert_eq!(received.len(), 1, "{received:?}");
    received.remove(0).body()
}

#[test]
fn the_registration_is_answered_once_the_probe_is_and_not_before() {
    let mut bench = Bench::new();
    let (instance, caller) = (bench.client(), bench.client());
    bench.begin_native(instance, &registration(5));
    let probe = bench.probe_of(instance).expect("a probe");
    let refused = call(&mut bench, caller);
    assert_eq!(refused["error"]["error_code"], "NO_ROUTABLE_INSTANCE");
    assert_eq!(refused["error"]["retryable"], true);
    assert_eq!(
        refused["error"]["message"],
        "none of 1 instances can take the call: 1 joining"
    );
    let listed = bench.ask(caller, "ipc.admin.service.ls", &json!({}));
    assert_eq!(listed["services"][0]["joining"], 1);
    bench.answer_probe(instance, &probe);
    let granted = answer(&mut bench, instance);
    assert_eq!(granted["success"], true);
    assert_eq!(granted.get("joining"), None);
    bench.subscribe(caller, "_INBOX.me");
    let body = json!({"service_name": "orders", "method": "place", "protocol": 1});
    let body = crate::support::pack(&body);
    bench.publish(
        caller,
        "ipc.route.request.orders.place",
        Some("_INBOX.me"),
        &body,
    );
    assert_eq!(bench.receive(instance).len(), 1, "the call");
    // The answer of the first probe does not welcome twice.
    bench.answer_probe(instance, &probe);
    assert_eq!(bench.switch.local().counters().late_responses, 1);
}

#[test]
fn who_does_not_answer_is_told_that_it_is_joining_and_is_asked_on() {
    let mut bench = Bench::new();
    let (instance, caller) = (bench.client(), bench.client());
    bench.begin_native(instance, &registration(5));
    let probe = bench.probe_of(instance).expect("a probe");
    bench.pass(Duration::from_millis(499));
    let again = bench.receive(instance);
    assert!(
        again.len() >= 2 && again.iter().all(|other| other.reply == probe.reply),
        "any of them may be answered: {again:?}"
    );
    bench.pass(Duration::from_millis(1));
    let granted = answer(&mut bench, instance);
    assert_eq!(
        (&granted["success"], &granted["joining"]),
        (&json!(true), &json!(true))
    );
    let refused = call(&mut bench, caller);
    assert_eq!(refused["error"]["error_code"], "NO_ROUTABLE_INSTANCE");
    bench.answer_probe(instance, &probe);
    let listed = bench.ask(
        caller,
        "ipc.admin.instance.ls",
        &json!({"service": "orders"}),
    );
    let entry = &listed["instances"][0];
    assert_eq!(
        (&entry["health"], &entry["reason"], &entry["routable"]),
        (&json!("healthy"), &json!("welcomed"), &json!(true))
    );
}

#[test]
fn an_answer_of_the_life_before_welcomes_nobody() {
    let mut bench = Bench::new();
    let first = bench.client();
    bench.begin_native(first, &registration(5));
    let probe = bench.probe_of(first).expect("a probe");
    bench.close(first);
    let second = bench.client();
    bench.begin_native(second, &registration(6));
    let own = bench.probe_of(second).expect("a probe of its own");
    assert_ne!(own.reply, probe.reply);
    let late = bench.client();
    bench.answer_probe(late, &probe);
    assert!(bench.receive(second).is_empty(), "still joining");
    bench.answer_probe(second, &own);
    assert_eq!(answer(&mut bench, second)["success"], true);
}

#[test]
fn who_is_put_out_while_it_joins_is_refused() {
    let mut bench = Bench::new();
    let (instance, operator) = (bench.client(), bench.client());
    bench.begin_native(instance, &registration(5));
    let named = json!({"service": "orders", "instance": "a"});
    let out = bench.ask(operator, "ipc.admin.instance.evict", &named);
    assert_eq!(out["health"], "removed");
    assert_eq!(
        answer(&mut bench, instance)["error"]["code"],
        "EVICTED",
        "at once"
    );
}

#[test]
fn without_an_inbox_nothing_is_routed() {
    let mut bench = Bench::new();
    let (instance, caller) = (bench.client(), bench.client());
    bench.begin_native(instance, &registration(5));
    bench.unsubscribe(instance, "ipc.inbox.orders.a.5");
    bench.receive(instance);
    bench.pass(Duration::from_secs(2));
    assert_eq!(answer(&mut bench, instance)["joining"], true);
    let refused = call(&mut bench, caller);
    assert_eq!(refused["error"]["error_code"], "NO_ROUTABLE_INSTANCE");
    // Interest that comes late is noticed at once.
    bench.subscribe(instance, "ipc.inbox.orders.a.5");
    let probe = bench.probe_of(instance).expect("asked at once");
    bench.answer_probe(instance, &probe);
    let listed = bench.ask(
        caller,
        "ipc.admin.instance.ls",
        &json!({"service": "orders"}),
    );
    assert_eq!(listed["instances"][0]["routable"], true);
}
