//! What happens on a real NATS server alone: the driver without a switch, told what its host would tell.

use std::time::Duration;

use aegis_core::Config;
use aegis_nats::{LocalPeer, Message};
use aegis_router::{Driver, DriverOptions};
use aegis_types::{Health, Instant};
use aegis_wire::Subjects;
use serde_json::{Value, json};

use crate::support::pack;

const NOW: Duration = Duration::from_secs(1);

fn driver() -> Driver {
    Driver::new(DriverOptions {
        config: Config {
            hears_of_interest: false,
            ..Config::default()
        },
        subjects: Subjects::default(),
        seed: [7; 32],
        unix_micros_at_origin: 0,
    })
}

fn tell(driver: &mut Driver, at: Duration, subject: &str, reply: Option<&str>, body: &Value) {
    let payload = pack(body);
    let message = Message {
        from: None,
        subject,
        reply,
        headers: None,
        payload: &payload,
    };
    driver.on_message(at, &message);
}

fn health(driver: &Driver) -> Option<Health> {
    let instance = driver.core().instances().next();
    instance.map(|instance| instance.health)
}

/// The token of the only message that has one.
fn sent(driver: &mut Driver) -> u128 {
    let outbox = driver.outbox();
    let mut tokens = outbox.publishes().iter().filter_map(|sent| sent.token);
    let token = tokens.next().expect("it sent something");
    assert_eq!(tokens.next(), None, "and nothing else");
    outbox.clear();
    token
}

/// One that beats without having registered is asked; 503 would say that it does not listen.
fn one_that_was_asked() -> (Driver, u128) {
    let mut driver = driver();
    let beat = json!({"service_name": "quotes", "instance_id": "instance_1"});
    tell(&mut driver, NOW, "ipc.service.heartbeat", None, &beat);
    let token = sent(&mut driver);
    assert_eq!(health(&driver), Some(Health::Suspect));
    (driver, token)
}

const LATER: Duration = Duration::from_millis(1_600);

#[test]
fn the_silence_of_a_lost_server_is_no_sign_of_life() {
    let (mut driver, _) = one_that_was_asked();
    driver.on_timer(LATER);
    assert_eq!(health(&driver), Some(Health::Healthy), "no 503 came");

    let (mut driver, _) = one_that_was_asked();
    driver.on_broker_lost(Instant::from_origin(NOW));
    driver.on_broker_regained(Instant::from_origin(NOW));
    driver.on_timer(LATER);
    assert_eq!(health(&driver), Some(Health::Suspect), "it may have come");
}

#[test]
fn a_question_that_was_not_sent_is_answered_by_nothing() {
    let (mut driver, token) = one_that_was_asked();
    driver.on_unsent(Instant::from_origin(NOW), token, Some("max_pending_bytes"));
    driver.on_timer(LATER);
    assert_eq!(health(&driver), Some(Health::Suspect));
}

/// What it sends for a call is in its outbox.
fn one_with_a_call() -> Driver {
    let (mut driver, _) = one_that_was_asked();
    driver.on_timer(LATER);
    driver.outbox().clear();
    let call = json!({"service_name": "quotes", "method": "last", "trace_id": "t", "protocol": 1});
    let subject = "ipc.route.request";
    tell(&mut driver, LATER, subject, Some("_INBOX.me"), &call);
    driver
}

#[test]
fn a_call_that_was_not_sent_is_told_so_at_once() {
    let mut driver = one_with_a_call();
    let token = sent(&mut driver);
    driver.on_unsent(
        Instant::from_origin(LATER),
        token,
        Some("max_pending_bytes"),
    );
    driver.check_invariants();
    assert!(driver.is_idle());
    let outbox = driver.outbox();
    let answer = outbox.publishes().last().expect("an answer");
    assert_eq!(outbox.subject(answer), "_INBOX.me");
    let answer: Value = rmp_serde::from_slice(outbox.payload(answer)).expect("a map");
    assert_eq!(answer["error"]["outcome"], "not_run", "{answer}");
    let text = answer["error"].to_string();
    assert!(text.contains("max_pending_bytes"), "{text}");
}

/// Callers of a router on a NATS server are not told by the end of a connection.
#[test]
fn when_the_grace_is_over_everybody_has_an_answer() {
    let mut driver = one_with_a_call();
    driver.outbox().clear();
    driver.on_shutdown(LATER);
    assert!(!driver.is_idle());
    driver.outbox().clear();
    driver.on_grace_ended(Instant::from_origin(LATER));
    driver.check_invariants();
    assert!(driver.is_idle());
    let outbox = driver.outbox();
    let answer = outbox.publishes().last().expect("an answer");
    let answer: Value = rmp_serde::from_slice(outbox.payload(answer)).expect("a map");
    assert_eq!(answer["error"]["outcome"], "unknown", "{answer}");
}
