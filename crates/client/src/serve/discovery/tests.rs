use std::time::Duration;

use aegis_types::{Incarnation, InstanceId, ServiceName};
use serde_json::{Value, json};

use super::*;
use crate::serve::Identity;

fn identity() -> Identity {
    Identity {
        service: ServiceName::parse("orders").unwrap(),
        instance: InstanceId::parse("orders-1").unwrap(),
        incarnation: Incarnation::from_bits(u64::MAX),
    }
}

fn card(version: Option<&str>) -> Card {
    let methods = [("get", "idempotent"), ("place order", "at_most_once")];
    let started = "2026-11-21T22:50:23.000001Z".to_owned();
    Card::new(
        &Subjects::default(),
        &identity(),
        version,
        methods.into_iter(),
        started,
    )
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn a_ping_is_answered_with_who_it_is() {
    let pong = read(&card(Some("1.2.0")).ping());
    let expected = json!({"type": "io.nats.micro.v1.ping_response", "name": "orders", "id": "orders-1",
        "version": "1.2.0", "metadata": {"incarnation": "18446744073709551615"}});
    assert_eq!(pong, expected);
}

#[test]
fn names_that_are_no_tokens_are_told_beside_one_that_is() {
    let info = read(&card(None).info());
    assert_eq!(info["endpoints"][0]["name"], "get");
    assert_eq!(
        info["endpoints"][0]["subject"],
        "ipc.route.request.orders.get"
    );
    let odd = json!({"name": "place_order", "subject": "ipc.route.request",
        "queue_group": "aegis-router",
        "metadata": {"method": "place order", "safety": "at_most_once"}});
    assert_eq!(info["endpoints"][1], odd);
}

#[test]
fn versions_are_semantic() {
    for (version, told) in [
        (None, "0.0.0"),
        (Some(""), "0.0.0"),
        (Some("1.2.3-rc.1+7"), "1.2.3-rc.1+7"),
        (Some("2024.1"), "0.0.0-v2024-1"),
        (Some("01.2.3"), "0.0.0-v01-2-3"),
        (Some("Größe"), "0.0.0-vGr--e"),
    ] {
        let told_now = read(&card(version).ping())["version"].clone();
        assert_eq!(told_now, told, "{version:?}");
        assert!(semver::Version::parse(told).is_ok(), "{told}");
    }
}

#[test]
fn counts_are_told_for_each_method() {
    let counts = MethodStats::default();
    counts.ended(Duration::from_nanos(10));
    counts.ended(Duration::from_nanos(20));
    counts.failed(402, &"declined ".repeat(100));
    let stats = card(None).stats(|method| (method == "get").then(|| counts.snapshot()));
    let stats = read(&stats);
    assert_eq!(stats["started"], "2026-11-21T22:50:23.000001Z");
    let get = &stats["endpoints"][0];
    assert_eq!(
        (&get["num_requests"], &get["num_errors"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(get["processing_time"], 30);
    assert_eq!(get["average_processing_time"], 15);
    let error = get["last_error"].as_str().unwrap();
    assert!(
        error.starts_with("402:declined") && error.len() == 260,
        "{error}"
    );
    let place = &stats["endpoints"][1];
    assert_eq!(
        (&place["num_requests"], &place["last_error"]),
        (&json!(0), &json!(""))
    );
    assert_eq!(place["average_processing_time"], 0);
}

#[test]
fn answers_go_to_inboxes_of_others_only() {
    let subjects = Subjects::default();
    for (reply, may) in [
        ("_INBOX.abc.1", true),
        ("ipcs.mine", true),
        ("$SYS.REQ.SERVER.PING", false),
        ("ipc.route.request.orders.place", false),
    ] {
        assert_eq!(may_answer(&subjects, reply), may, "{reply}");
    }
}
