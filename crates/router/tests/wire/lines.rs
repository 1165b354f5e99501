//! What is logged, and how often.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Bench, pack};

/// Lines of one test.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a sink").write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    /// Every line that `act` makes, on all levels.
    fn of(act: impl FnOnce(&Sink)) -> Vec<Value> {
        let sink = Sink::default();
        let writer = sink.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || act(&sink));
        sink.lines()
    }

    fn lines(&self) -> Vec<Value> {
        let text = self.0.lock().expect("a sink").clone();
        let text = String::from_utf8(text).expect("text");
        let read = |line| serde_json::from_str(line).expect("a line of JSON");
        text.lines().map(read).collect()
    }
}

fn codes(lines: &[Value]) -> Vec<&str> {
    let code = |line: &'_ Value| line["event"].as_str().map(str::len);
    assert!(lines.iter().all(|line| code(line).is_some()));
    lines
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect()
}

fn register(bench: &mut Bench, id: &str) -> (aegis_nats::PeerId, Value) {
    let client = bench.client();
    let body = json!({
        "service_name": "orders", "instance_id": id, "incarnation": 5,
        "methods": [{"name": "place", "safety": "idempotent"}]
    });
    let granted = bench.register_native(client, &body);
    assert_eq!(granted["success"], true, "{granted}");
    (client, granted)
}

fn beat(bench: &mut Bench, client: aegis_nats::PeerId, token: &Value) -> Value {
    let body = json!({
        "service_name": "orders", "instance_id": "a", "incarnation": 5,
        "lease_token": token, "lifecycle": "serving", "status": "healthy"
    });
    bench.ask(client, "ipc.service.heartbeat.orders.a", &body)
}

#[test]
fn a_thousand_heartbeats_make_no_line() {
    let mut beaten = Vec::new();
    let lines = Sink::of(|sink| {
        let mut bench = Bench::new();
        let (client, granted) = register(&mut bench, "a");
        // Until a new router trusts its own view, and says so.
        for _ in 0..60 {
            bench.pass(Duration::from_secs(1));
            beat(&mut bench, client, &granted["lease_token"]);
        }
        let before = sink.lines().len();
        for _ in 0..1_000 {
            bench.pass(Duration::from_millis(100));
            let reply = beat(&mut bench, client, &granted["lease_token"]);
            assert_eq!(reply["success"], true, "{reply}");
        }
        beaten = sink.lines().split_off(before);
    });
    assert_eq!(beaten, Vec::<Value>::new());
    assert!(codes(&lines).contains(&"heartbeat_started"));
}

#[test]
fn heartbeats_are_told_as_late_missed_recovered_and_stopped() {
    let lines = Sink::of(|_| {
        let mut bench = Bench::new();
        let (client, granted) = register(&mut bench, "a");
        // Past the trust that a new router does not have in its own view yet, with a beat every second.
        for _ in 0..60 {
            bench.pass(Duration::from_secs(1));
            beat(&mut bench, client, &granted["lease_token"]);
        }
        for _ in 0..40 {
            bench.pass(Duration::from_secs(1));
        }
        for _ in 0..5 {
            bench.pass(Duration::from_secs(1));
            beat(&mut bench, client, &granted["lease_token"]);
        }
        let body = json!({
            "service_name": "orders", "instance_id": "a", "incarnation": 5,
            "lease_token": granted["lease_token"]
        });
        bench.ask(client, "ipc.service.unregister.orders.a", &body);
    });
    let told: Vec<&str> = codes(&lines)
        .into_iter()
        .filter(|code| code.starts_with("heartbeat_"))
        .collect();
    assert_eq!(
        told,
        [
            "heartbeat_started",
            "heartbeat_late",
            "heartbeat_missed",
            "heartbeat_recovered",
            "heartbeat_stopped"
        ],
        "{lines:#?}"
    );
}

#[test]
fn a_thousand_refused_heartbeats_are_one_line_and_a_count() {
    let lines = Sink::of(|_| {
        let mut bench = Bench::new();
        let (client, _) = register(&mut bench, "a");
        for _ in 0..1_000 {
            bench.pass(Duration::from_millis(11));
            let reply = beat(&mut bench, client, &json!(1));
            assert_eq!(reply["success"], false, "{reply}");
        }
    });
    let refused: Vec<(u64, u64)> = lines
        .iter()
        .filter(|line| line["event"] == "heartbeat_refused")
        .map(|line| {
            let count = |field: &str| line[field].as_u64().expect("a count");
            (count("count"), count("suppressed"))
        })
        .collect();
    assert_eq!(refused, [(1, 0), (911, 909)]);
}

#[test]
fn a_flood_of_requests_without_an_answer_is_one_line() {
    let lines = Sink::of(|_| {
        let mut bench = Bench::new();
        let client = bench.client();
        for _ in 0..1_000 {
            bench.publish(client, "ipc.service.register", None, &pack(&json!({})));
        }
    });
    let told = codes(&lines);
    let told = told.iter().filter(|code| **code == "request_unanswerable");
    assert_eq!(told.count(), 1);
}
