//! Strangers choose names, and choose many: a scrape stays as large as it may be.

use std::time::{Duration, Instant};

use aegis_core::Config;
use aegis_core::metrics::{MAX_METRIC_INSTANCES, MAX_METRIC_SERVICES};
use aegis_nats::{LocalPeer, Message, PeerId};
use aegis_router::{Driver, DriverOptions};
use aegis_wire::Subjects;
use serde_json::json;

use crate::scrape::Scrape;
use crate::support::pack;

const MANY: usize = 10_000;
const NOW: Duration = Duration::from_secs(1);

fn driver() -> Driver {
    Driver::new(DriverOptions {
        config: Config {
            registration_burst: usize::MAX,
            ..Config::default()
        },
        subjects: Subjects::default(),
        seed: [7; 32],
        unix_micros_at_origin: 0,
    })
}

fn tell(driver: &mut Driver, subject: &str, body: &serde_json::Value) {
    let payload = pack(body);
    driver.on_message(
        NOW,
        &Message {
            from: Some(PeerId(1)),
            subject,
            reply: Some("_INBOX.x"),
            headers: None,
            payload: &payload,
        },
    );
    driver.outbox().clear();
}

fn register_and_beat(driver: &mut Driver, service: &str, instance: &str) {
    let mut body = json!({"service_name": service, "instance_id": instance, "role": "standby",
        "metadata": {}});
    tell(driver, "ipc.service.register", &body);
    body["status"] = json!("healthy");
    tell(driver, "ipc.service.heartbeat", &body);
}

fn check(scrape: &Scrape, services: usize) {
    let heard = "aegis_heartbeats_received_total";
    assert_eq!(scrape.sum(heard), MANY as f64, "nobody is lost in `other`");
    assert_eq!(scrape.sum("aegis_instances"), MANY as f64);
    assert_eq!(scrape.sum("ipc_heartbeats_received_total"), MANY as f64);
    for (name, label) in [
        (heard, "service"),
        ("aegis_instances", "service"),
        ("aegis_calls_in_flight", "service"),
    ] {
        assert_eq!(scrape.values_of(name, label), services, "{name}");
    }
}

#[test]
fn ten_thousand_services_of_one_instance() {
    let mut driver = driver();
    for at in 0..MANY {
        register_and_beat(&mut driver, &format!("service-{at}"), "the_only");
    }
    let scrape = Scrape::embedded(&driver, NOW, true);
    check(&scrape, MAX_METRIC_SERVICES + 1);
    let routable = "aegis_instance_routable";
    assert_eq!(scrape.sum(routable), MAX_METRIC_SERVICES as f64);
    println!("{} series, {} bytes", scrape.series.len(), scrape.bytes);
}

#[test]
fn ten_thousand_instances_of_one_service() {
    let mut driver = driver();
    for at in 0..MANY {
        register_and_beat(&mut driver, "orders", &format!("instance-{at}"));
    }
    let began = Instant::now();
    let snapshot = driver.snapshot(NOW);
    let copied = began.elapsed();
    drop(snapshot);
    let began = Instant::now();
    let scrape = Scrape::embedded(&driver, NOW, true);
    let (all, series) = (began.elapsed(), scrape.series.len());
    println!("copied in {copied:?}; written and read again in {all:?}: {series} series");
    check(&scrape, 2);
    let routable = "aegis_instance_routable";
    assert_eq!(scrape.sum(routable), MAX_METRIC_INSTANCES as f64);
}

/// Ids that come and go do not use the places up.
#[test]
fn a_place_is_used_again() {
    let mut driver = driver();
    for at in 0..MANY {
        let (service, instance) = ("orders", format!("life-{at}"));
        register_and_beat(&mut driver, service, &instance);
        let body = json!({"service_name": service, "instance_id": instance});
        tell(&mut driver, "ipc.service.unregister", &body);
    }
    register_and_beat(&mut driver, "orders", "the_last");
    let labels = [("service", "orders"), ("instance", "the_last")];
    let scrape = Scrape::embedded(&driver, NOW, false);
    assert_eq!(scrape.value("aegis_instance_routable", &labels), Some(1.0));
}

#[test]
fn whoever_is_called_other_is_counted_there() {
    let mut driver = driver();
    register_and_beat(&mut driver, "other", "one");
    register_and_beat(&mut driver, "orders", "other");
    let scrape = Scrape::embedded(&driver, NOW, true);
    let healthy = [
        ("service", "other"),
        ("health", "healthy"),
        ("lifecycle", "serving"),
    ];
    assert_eq!(scrape.value("aegis_instances", &healthy), Some(1.0));
    assert_eq!(scrape.sum("aegis_instance_routable"), 0.0);
    assert_eq!(scrape.sum("ipc_heartbeats_received_total"), 2.0);
}
