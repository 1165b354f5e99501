//! The role given at registration: kept, shown, and one active for a resource.

use std::time::Duration;

use aegis_nats::PeerId;
use serde_json::{Value, json};

use crate::support::Bench;

/// A legacy instance whose inbox is there; gives back what its registration was answered.
fn join(bench: &mut Bench, service: &str, instance: &str, role: &str, metadata: &Value) -> Member {
    let id = bench.client();
    bench.subscribe(id, &format!("ipc.instance.{instance}.inbox"));
    let body = json!({"service_name": service, "instance_id": instance, "role": role,
        "metadata": metadata});
    let reply = bench.ask(id, "ipc.service.register", &body);
    Member { id, reply }
}

struct Member {
    id: PeerId,
    reply: Value,
}

fn listed(bench: &mut Bench, service: &str) -> Vec<(String, Value, Value)> {
    let operator = bench.client();
    let list = bench.ask(
        operator,
        "ipc.admin.instance.ls",
        &json!({"service": service}),
    );
    let entries = list["instances"].as_array().expect("a list");
    entries
        .iter()
        .map(|entry| {
            let name = entry["instance"].as_str().expect("an id").to_owned();
            (name, entry["role"].clone(), entry["resource_id"].clone())
        })
        .collect()
}

#[test]
fn a_second_active_for_a_resource_is_refused_by_name() {
    let mut bench = Bench::new();
    let user = json!({"resource_id": "user-1"});
    let first = join(&mut bench, "orders", "instance_1", "active", &user);
    assert_eq!(first.reply["data"]["role"], "ACTIVE");
    for service in ["orders", "billing"] {
        let second = join(&mut bench, service, "instance_2", "active", &user);
        let error = &second.reply["error"];
        assert_eq!(second.reply["success"], false);
        assert_eq!(error["code"], "ROLE_CONFLICT");
        let text = error["message"].as_str().expect("a text");
        assert!(text.contains("already has an active instance"), "{text}");
        let details = &error["details"];
        assert_eq!(details["resource_id"], "user-1");
        assert_eq!(details["existing_service"], "orders");
        assert_eq!(details["existing_instance"], "instance_1");
    }
    // Standbys, other resources and actives without a resource are nobody's business.
    for (instance, role, metadata) in [
        ("instance_3", "standby", json!({"resource_id": "user-1"})),
        ("instance_4", "active", json!({"resource_id": "user-2"})),
        ("instance_5", "active", json!({})),
        ("instance_6", "active", json!({"resource_id": ""})),
        ("instance_7", "active", json!({"resource_id": null})),
    ] {
        let member = join(&mut bench, "orders", instance, role, &metadata);
        assert_eq!(member.reply["success"], true, "{instance}");
    }
    let shown = listed(&mut bench, "orders");
    let of = |name: &str| {
        let found = shown.iter().find(|(instance, ..)| instance == name);
        let (_, role, resource) = found.expect("listed");
        (role.clone(), resource.clone())
    };
    assert_eq!(of("instance_1"), (json!("ACTIVE"), json!("user-1")));
    assert_eq!(of("instance_3"), (json!("STANDBY"), json!("user-1")));
    assert_eq!(of("instance_5"), (json!("ACTIVE"), Value::Null));
}

#[test]
fn a_holder_that_is_gone_no_longer_conflicts_and_stands_by_when_it_returns() {
    let mut bench = Bench::new();
    let user = json!({"resource_id": "user-1"});
    let first = join(&mut bench, "orders", "instance_1", "active", &user);
    bench.unsubscribe(first.id, "ipc.instance.instance_1.inbox");
    let second = join(&mut bench, "orders", "instance_2", "active", &user);
    assert_eq!(second.reply["role"], "ACTIVE", "{}", second.reply);
    bench.subscribe(first.id, "ipc.instance.instance_1.inbox");
    let shown = listed(&mut bench, "orders");
    let roles: Vec<&Value> = shown.iter().map(|(_, role, _)| role).collect();
    assert_eq!(roles, [&json!("STANDBY"), &json!("ACTIVE")]);
    // A process that dies loses its connection, and with it the inbox.
    bench.close(second.id);
    let third = join(&mut bench, "orders", "instance_3", "active", &user);
    assert_eq!(third.reply["success"], true, "{}", third.reply);
}

#[test]
fn who_leaves_or_falls_silent_gives_the_role_up_and_a_suspect_keeps_it() {
    let mut bench = Bench::new();
    let user = json!({"resource_id": "user-1"});
    let first = join(&mut bench, "orders", "instance_1", "active", &user);
    let names = json!({"service_name": "orders", "instance_id": "instance_1"});
    bench.ask(first.id, "ipc.service.unregister", &names);
    let second = join(&mut bench, "orders", "instance_2", "active", &user);
    assert_eq!(second.reply["success"], true);
    bench.pass(Duration::from_secs(20));
    let third = join(&mut bench, "orders", "instance_3", "active", &user);
    assert_eq!(third.reply["error"]["code"], "ROLE_CONFLICT", "suspect");
    bench.pass(Duration::from_secs(20));
    let third = join(&mut bench, "orders", "instance_3", "active", &user);
    assert_eq!(third.reply["success"], true, "its lease is over");
}

#[test]
fn native_and_legacy_follow_the_same_rule() {
    let mut bench = Bench::new();
    let native = bench.client();
    let mut body = json!({"service_name": "orders", "instance_id": "a", "role": "active",
        "metadata": {"resource_id": "user-1"}, "incarnation": 7, "capabilities": ["lifeline"]});
    let reply = bench.register_native(native, &body);
    assert_eq!(
        (&reply["success"], &reply["role"]),
        (&json!(true), &json!("ACTIVE"))
    );
    let user = json!({"resource_id": "user-1"});
    let legacy = join(&mut bench, "orders", "instance_1", "active", &user);
    assert_eq!(legacy.reply["error"]["details"]["existing_instance"], "a");
    let other = bench.client();
    body["instance_id"] = json!("b");
    let refused = bench.ask(other, "ipc.service.register.orders.b", &body);
    assert_eq!(refused["error"]["code"], "ROLE_CONFLICT");
    assert_eq!(refused["error"]["retryable"], true);
    // The same life again keeps what it has.
    body["instance_id"] = json!("a");
    let again = bench.ask(native, "ipc.service.register.orders.a", &body);
    assert_eq!(again["role"], "ACTIVE");
    bench.close(native);
    body["instance_id"] = json!("b");
    assert_eq!(bench.register_native(other, &body)["success"], true);
}

#[test]
fn a_resource_that_is_no_text_is_refused_and_not_guessed() {
    let mut bench = Bench::new();
    for resource in [
        json!(7),
        json!(["user-1"]),
        json!("a\u{0}b"),
        json!("x".repeat(256)),
    ] {
        let metadata = json!({"resource_id": resource});
        let member = join(&mut bench, "orders", "instance_1", "active", &metadata);
        let error = &member.reply["error"];
        assert_eq!(error["code"], "VALIDATION_ERROR", "{resource}");
        let text = error["message"].as_str().expect("a text");
        assert!(text.contains("metadata.resource_id"), "{text}");
    }
    assert_eq!(bench.switch.local().core().instances().count(), 0);
}
