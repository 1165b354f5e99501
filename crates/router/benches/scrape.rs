//! A scrape of 10,000 instances at the caps: the copy in the router's thread, and the writing in its own.
//!
//!     cargo bench -p aegis-router --bench scrape
//!
//! The first crowd is one service. The second is as many services as have numbers of their own, each
//! with calls to as many methods, so that every label that can be there is.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark shows what it did and may fail"
)]

use std::time::{Duration, Instant};

use aegis_broker::BrokerStatus;
use aegis_core::Config;
use aegis_core::metrics::{MAX_METRIC_METHODS, MAX_METRIC_SERVICES};
use aegis_nats::{LocalPeer, Message, PeerId};
use aegis_router::metrics::{HostNumbers, render};
use aegis_router::{Driver, DriverOptions};
use aegis_wire::Subjects;
use serde_json::{Value, json};

const NOW: Duration = Duration::from_secs(1);
const INSTANCES: usize = 10_000;
const RUNS: usize = 25;

fn main() {
    show("one service", &crowd(1, 0));
    show(
        "as many as have numbers of their own",
        &crowd(MAX_METRIC_SERVICES, MAX_METRIC_METHODS),
    );
}

fn show(what: &str, driver: &Driver) {
    let (mut copies, mut writes) = (Vec::new(), Vec::new());
    let mut text = String::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        let snapshot = driver.snapshot(NOW);
        copies.push(began.elapsed());
        let began = Instant::now();
        text = render(
            snapshot,
            HostNumbers::Embedded(BrokerStatus::default()),
            true,
        );
        writes.push(began.elapsed());
    }
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    println!(
        "{what}: {INSTANCES} instances, {series} series, {} bytes; copied in {}, written in {}",
        text.len(),
        spread(copies),
        spread(writes)
    );
}

fn spread(mut spans: Vec<Duration>) -> String {
    spans.sort();
    let (median, longest) = (spans[spans.len() / 2], spans[spans.len() - 1]);
    format!("{median:.1?} (longest {longest:.1?})")
}

fn crowd(services: usize, methods: usize) -> Driver {
    let mut driver = Driver::new(DriverOptions {
        config: Config {
            registration_burst: usize::MAX,
            ..Config::default()
        },
        subjects: Subjects::default(),
        seed: [7; 32],
        unix_micros_at_origin: 0,
    });
    for at in 0..INSTANCES {
        let service = format!("service-{}", at % services);
        let mut body = json!({"service_name": service, "instance_id": format!("instance-{at}"),
            "role": "standby", "metadata": {}});
        tell(&mut driver, "ipc.service.register", &body);
        body["status"] = json!("healthy");
        tell(&mut driver, "ipc.service.heartbeat", &body);
    }
    for service in 0..services {
        for method in 0..methods {
            let body = json!({"service_name": format!("service-{service}"),
                "method": format!("method-{method}"), "params": {}, "timeout": 5.0,
                "trace_id": "trace", "message_id": "6f1b2c3d-0000-4000-8000-000000000001"});
            tell(&mut driver, "ipc.route.request", &body);
        }
    }
    driver
}

fn tell(driver: &mut Driver, subject: &str, body: &Value) {
    let payload = rmp_serde::to_vec_named(body).unwrap();
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
