//! What is told about who is alive, and what an operator says about it.

use std::time::Duration;

use aegis_wire::event::{InstanceEvent, RouterEvent};
use serde_json::{Value, json};

use crate::support::{Bench, pack};

fn register(bench: &mut Bench, id: &str, incarnation: u64) -> (aegis_nats::PeerId, Value) {
    let client = bench.client();
    let body = json!({
        "service_name": "orders", "instance_id": id, "incarnation": incarnation,
        "capabilities": ["lifeline"], "methods": [{"name": "place", "safety": "idempotent"}]
    });
    let granted = bench.register_native(client, &body);
    assert_eq!(granted["success"], true, "{granted}");
    (client, granted)
}

#[test]
fn changes_of_health_are_published_with_their_evidence() {
    let mut bench = Bench::new();
    let watcher = bench.client();
    bench.subscribe(watcher, "ipc.event.instance.orders.*");
    let (client, _) = register(&mut bench, "a", 5);
    bench.pass(Duration::from_millis(250));
    bench.close(client);
    let told = bench.receive(watcher);
    let events: Vec<InstanceEvent<'_>> = told
        .iter()
        .map(|message| InstanceEvent::decode(&message.payload).expect("an event"))
        .collect();
    let words: Vec<_> = events
        .iter()
        .map(|event| (event.from, event.to, event.reason, event.routable))
        .collect();
    assert_eq!(
        words,
        [
            (None, "joining", "registered", false),
            (Some("joining"), "healthy", "welcomed", true),
            (Some("healthy"), "unhealthy", "connection_closed", false),
        ]
    );
    assert_eq!(events[2].incarnation.bits(), 5);
    assert_eq!(events[2].at, "2023-11-14T22:13:21.250000Z");
    assert!(events[2].evidence.contains("closed the connection"));
}

/// Whatever means something else for calls is told, though the health is the same word; and a life that is
/// replaced ends before the next one begins.
#[test]
fn changes_that_leave_the_health_as_it_is_are_published_too() {
    let mut bench = Bench::new();
    let watcher = bench.client();
    let (client, granted) = register(&mut bench, "a", 5);
    bench.subscribe(watcher, "ipc.event.instance.orders.*");
    let beat = |bench: &mut Bench, lifecycle: &str, status: &str| {
        let body = json!({
            "service_name": "orders", "instance_id": "a", "incarnation": 5,
            "lease_token": granted["lease_token"], "lifecycle": lifecycle, "status": status
        });
        let reply = bench.ask(client, "ipc.service.heartbeat.orders.a", &body);
        assert_eq!(reply["success"], true, "{reply}");
    };
    beat(&mut bench, "draining", "healthy");
    beat(&mut bench, "serving", "healthy");
    beat(&mut bench, "serving", "degraded");
    bench.unsubscribe(client, "ipc.inbox.orders.a.5");
    bench.close(client);
    register(&mut bench, "a", 6);
    let told = bench.receive(watcher);
    let words: Vec<(u64, String)> = told
        .iter()
        .map(|message| InstanceEvent::decode(&message.payload).expect("an event"))
        .map(|event| {
            let (from, to, reason) = (event.from.unwrap_or("new"), event.to, event.reason);
            let calls = if event.routable { "calls" } else { "no calls" };
            let life = event.incarnation.bits();
            (life, format!("{from} -> {to} ({reason}), {calls}"))
        })
        .collect();
    let expected = [
        (5, "healthy -> healthy (draining), no calls"),
        (5, "healthy -> healthy (serving), calls"),
        (5, "healthy -> suspect (self_degraded), calls"),
        (5, "suspect -> suspect (inbox_gone), no calls"),
        (5, "suspect -> unhealthy (connection_closed), no calls"),
        (5, "unhealthy -> removed (replaced), no calls"),
        (6, "new -> joining (registered), no calls"),
        (6, "joining -> healthy (welcomed), calls"),
    ];
    assert_eq!(words, expected.map(|(life, word)| (life, word.to_owned())));
}

#[test]
fn instances_whose_names_are_free_are_told_of_too() {
    let mut bench = Bench::new();
    let watcher = bench.client();
    bench.subscribe(watcher, "ipc.event.instance.*.*");
    bench.legacy_service("Price list", "host.7");
    let told = bench.receive(watcher);
    assert_eq!(told.len(), 1);
    assert_eq!(
        told[0].subject,
        "ipc.event.instance.~kbzgsy3febwgs43u.~nbxxg5bog4"
    );
    let event = InstanceEvent::decode(&told[0].payload).expect("an event");
    assert_eq!((event.service, event.instance), ("Price list", "host.7"));
}

#[test]
fn the_router_says_what_it_thinks_of_itself() {
    let mut bench = Bench::new();
    let watcher = bench.client();
    bench.subscribe(watcher, "ipc.event.router");
    bench.pass(Duration::from_secs(31));
    bench.switch.shutdown(bench.now);
    let told = bench.receive(watcher);
    let words: Vec<_> = told
        .iter()
        .map(|message| RouterEvent::decode(&message.payload).expect("an event"))
        .map(|event| (event.what.to_owned(), event.reason.to_owned()))
        .collect();
    let word = |what: &str, reason: &str| (what.to_owned(), reason.to_owned());
    assert_eq!(
        words,
        [word("normal", "watched"), word("stopping", "asked")]
    );
}

#[test]
fn an_operator_drains_gives_back_and_puts_out() {
    let mut bench = Bench::new();
    let (instance, granted) = register(&mut bench, "a", 5);
    let operator = bench.client();
    let named = json!({"service": "orders", "instance": "a"});
    let call = json!({"service_name": "orders", "method": "place", "protocol": 1});

    let drained = bench.ask(operator, "ipc.admin.instance.drain", &named);
    assert_eq!(
        (&drained["success"], &drained["lifecycle"]),
        (&json!(true), &json!("draining"))
    );
    let refused = bench.ask(operator, "ipc.route.request.orders.place", &call);
    assert_eq!(refused["error"]["error_code"], "NO_ROUTABLE_INSTANCE");
    assert!(
        refused["error"]["message"]
            .as_str()
            .unwrap_or("")
            .contains("1 draining")
    );
    let listed = bench.ask(
        operator,
        "ipc.admin.instance.ls",
        &json!({"service": "orders"}),
    );
    let entry = &listed["instances"][0];
    assert_eq!(
        (&entry["operator"], &entry["routable"]),
        (&json!("drain"), &json!(false))
    );
    assert_eq!(listed["router"]["trust"], "warming");

    let back = bench.ask(operator, "ipc.admin.instance.undrain", &named);
    assert_eq!(back["lifecycle"], "serving");
    let out = bench.ask(operator, "ipc.admin.instance.evict", &named);
    assert_eq!(out["health"], "removed");
    let beat = json!({"service_name": "orders", "instance_id": "a", "incarnation": 5,
        "lease_token": granted["lease_token"]});
    let refused = bench.ask(instance, "ipc.service.heartbeat.orders.a", &beat);
    assert_eq!(refused["error_code"], "EVICTED");
    let unknown = json!({"service": "orders", "instance": "nobody"});
    let refused = bench.ask(operator, "ipc.admin.instance.drain", &unknown);
    assert_eq!(refused["error"]["code"], "UNKNOWN_INSTANCE");
}

#[test]
fn an_unknown_service_may_be_known_soon_while_the_router_is_warming() {
    let mut bench = Bench::new();
    let caller = bench.client();
    let call = json!({"service_name": "orders", "method": "place", "protocol": 1});
    let early = bench.ask(caller, "ipc.route.request.orders.place", &call);
    assert_eq!(early["error"]["error_code"], "UNKNOWN_SERVICE");
    assert_eq!(early["error"]["retryable"], true);
    bench.pass(Duration::from_secs(31));
    let late = bench.ask(caller, "ipc.route.request.orders.place", &call);
    assert_eq!(late["error"]["retryable"], false);
}

#[test]
fn a_legacy_instance_that_beats_is_taken_back_and_serves_at_once_if_it_listens() {
    let mut bench = Bench::new();
    let service = bench.client();
    bench.subscribe(service, "ipc.instance.instance_1.inbox");
    let beat = pack(&json!({"service_name": "quotes", "instance_id": "instance_1"}));
    bench.publish(service, "ipc.service.heartbeat", None, &beat);
    let caller = bench.client();
    bench.subscribe(caller, "_INBOX.me");
    let call = pack(&json!({"service_name": "quotes", "method": "last", "trace_id": "t"}));
    bench.publish(caller, "ipc.route.request", Some("_INBOX.me"), &call);
    assert_eq!(bench.receive(service).len(), 1, "the call");

    bench.unsubscribe(service, "ipc.instance.instance_1.inbox");
    let reply = bench
        .receive(caller)
        .pop()
        .expect("an answer at once")
        .body();
    assert_eq!(
        reply["error"]["code"], 504,
        "its inbox counts from the first heartbeat on"
    );
}

#[test]
fn a_legacy_instance_that_does_not_listen_waits_until_it_does() {
    let mut bench = Bench::new();
    let service = bench.client();
    let beat = pack(&json!({"service_name": "quotes", "instance_id": "instance_1"}));
    bench.publish(service, "ipc.service.heartbeat", None, &beat);
    let caller = bench.client();
    let call = json!({"service_name": "quotes", "method": "last", "trace_id": "t"});
    assert_eq!(
        bench.ask(caller, "ipc.route.request", &call)["error"]["code"],
        503
    );
    bench.subscribe(service, "ipc.instance.instance_1.inbox");
    bench.subscribe(caller, "_INBOX.me");
    bench.publish(caller, "ipc.route.request", Some("_INBOX.me"), &pack(&call));
    assert_eq!(bench.receive(service).len(), 1);
}

#[test]
fn the_router_tells_who_it_is_and_what_it_runs_with() {
    let mut bench = Bench::new();
    bench.legacy_service("prices", "prices-1");
    bench.pass(Duration::from_secs(2));
    let operator = bench.client();
    let info = bench.ask(operator, "ipc.admin.router.info", &json!({}));
    assert_eq!(info["success"], true, "{info}");
    for (key, value) in [
        ("version", json!(env!("CARGO_PKG_VERSION"))),
        ("broker", json!("embedded")),
        ("evidence", json!("embedded")),
        ("store", Value::Null),
        ("services_known", json!(1)),
        ("instances_known", json!(1)),
        ("calls_in_flight", json!(0)),
        ("prefix", json!("ipc")),
        ("heartbeat_interval_ms", json!(5_000)),
        ("lease_ttl_ms", json!(30_000)),
    ] {
        assert_eq!(info[key], value, "{key}");
    }
    let (clock, since) = (info["clock_ms"].as_u64(), info["since_ms"].as_u64());
    assert!(clock.unwrap() >= since.unwrap() + 2_000, "{info}");
}
