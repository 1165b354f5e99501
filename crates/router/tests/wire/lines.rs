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
    register_in(bench, "orders", id, 5)
}

fn register_in(
    bench: &mut Bench,
    service: &str,
    id: &str,
    incarnation: u64,
) -> (aegis_nats::PeerId, Value) {
    let client = bench.client();
    let body = json!({
        "service_name": service, "instance_id": id, "incarnation": incarnation,
        "capabilities": ["lifeline"], "methods": [{"name": "place", "safety": "at_most_once"}]
    });
    let granted = bench.register_native(client, &body);
    assert_eq!(granted["success"], true, "{granted}");
    (client, granted)
}

fn beat(bench: &mut Bench, client: aegis_nats::PeerId, token: &Value) -> Value {
    beat_as(bench, client, token, "healthy")
}

fn beat_as(bench: &mut Bench, client: aegis_nats::PeerId, token: &Value, status: &str) -> Value {
    let body = json!({
        "service_name": "orders", "instance_id": "a", "incarnation": 5,
        "lease_token": token, "lifecycle": "serving", "status": status
    });
    bench.ask(client, "ipc.service.heartbeat.orders.a", &body)
}

/// What is said of heartbeats, in its order.
fn of_beats(lines: &[Value]) -> Vec<&str> {
    let codes = codes(lines).into_iter();
    codes
        .filter(|code| code.starts_with("heartbeat_"))
        .collect()
}

/// The lines with this code.
fn with_code<'a>(lines: &'a [Value], code: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["event"] == code).collect()
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
    assert_eq!(
        of_beats(&lines),
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

/// It was suspect before it fell silent, and is again when it is heard: its heartbeats are told of all the
/// same, and its own word that it is well is not told as theirs.
#[test]
fn heartbeats_of_one_that_is_unwell_besides_are_told_of_too() {
    let lines = Sink::of(|_| {
        let mut bench = Bench::new();
        let (client, granted) = register(&mut bench, "a");
        for _ in 0..40 {
            bench.pass(Duration::from_secs(1));
            beat_as(&mut bench, client, &granted["lease_token"], "degraded");
        }
        bench.pass(Duration::from_secs(40));
        beat_as(&mut bench, client, &granted["lease_token"], "degraded");
        beat(&mut bench, client, &granted["lease_token"]);
    });
    assert_eq!(
        of_beats(&lines),
        [
            "heartbeat_started",
            "heartbeat_late",
            "heartbeat_missed",
            "heartbeat_recovered",
        ],
        "{lines:#?}"
    );
    let changes = with_code(&lines, "instance_health_changed");
    let well = changes.last().expect("changes");
    assert_eq!(
        (&well["to"], &well["reason"]),
        (&json!("healthy"), &json!("self_healthy"))
    );
}

#[test]
fn the_life_that_a_later_one_replaces_is_told_to_have_stopped() {
    let lines = Sink::of(|_| {
        let mut bench = Bench::new();
        let (first, _) = register_in(&mut bench, "orders", "a", 5);
        bench.close(first);
        register_in(&mut bench, "orders", "a", 6);
    });
    let told: Vec<(&Value, &Value, &Value)> = lines
        .iter()
        .filter(|line| of_beats(std::slice::from_ref(line)).len() == 1)
        .map(|line| (&line["event"], &line["incarnation"], &line["reason"]))
        .collect();
    let [five, six] = [json!(5), json!(6)];
    let [started, stopped] = [json!("heartbeat_started"), json!("heartbeat_stopped")];
    let [registered, replaced] = [json!("registered"), json!("replaced")];
    assert_eq!(
        told,
        [
            (&started, &five, &registered),
            (&stopped, &five, &replaced),
            (&started, &six, &registered),
        ]
    );
}

/// An id says who it is only together with its service.
#[test]
fn one_id_under_two_services_is_two_instances() {
    let lines = Sink::of(|_| {
        let mut bench = Bench::new();
        for service in ["orders", "stock"] {
            register_in(&mut bench, service, "1", 5);
        }
        for service in ["orders", "stock"] {
            let (client, wrong) = (bench.client(), json!(1));
            let body = json!({
                "service_name": service, "instance_id": "1", "incarnation": 5,
                "lease_token": wrong, "lifecycle": "serving", "status": "healthy"
            });
            bench.ask(client, &format!("ipc.service.heartbeat.{service}.1"), &body);
            let body = json!({
                "service_name": service, "instance_id": "1", "incarnation": 6,
                "capabilities": ["lifeline"], "methods": []
            });
            bench.ask(client, &format!("ipc.service.register.{service}.1"), &body);
        }
        bench.pass(Duration::from_secs(61));
    });
    for code in [
        "heartbeat_refused",
        "registration_refused",
        "heartbeat_late",
        "heartbeat_missed",
    ] {
        let of = with_code(&lines, code);
        let services: Vec<&Value> = of.iter().map(|line| &line["service"]).collect();
        assert_eq!(services, [&json!("orders"), &json!("stock")], "{code}");
    }
}

fn call(bench: &mut Bench, client: aegis_nats::PeerId, service: &str, trace_id: &str) {
    let body = json!({
        "service_name": service, "method": "place", "params": {}, "protocol": 1,
        "trace_id": trace_id, "timeout_ms": 10
    });
    let subject = format!("ipc.route.request.{service}.place");
    bench.publish(client, &subject, Some("_INBOX.caller"), &pack(&body));
}

/// Whose outcome is unknown needs somebody to look: that another service fails all the time must not hide it.
#[test]
fn a_service_that_fails_often_does_not_hide_the_calls_of_another() {
    let lines = Sink::of(|_| {
        let mut bench = Bench::new();
        register_in(&mut bench, "noisy", "1", 5);
        register_in(&mut bench, "quiet", "1", 5);
        let client = bench.client();
        for number in 0..40 {
            call(&mut bench, client, "noisy", &format!("noisy-{number}"));
        }
        call(&mut bench, client, "quiet", "quiet-1");
        bench.pass(Duration::from_millis(20));
    });
    let failed = with_code(&lines, "call_failed");
    assert_eq!(failed.len(), 41, "{lines:#?}");
    let warned = |service: &str| {
        let of = failed.iter().filter(|line| line["service"] == service);
        of.filter(|line| line["level"] == "WARN").count()
    };
    assert_eq!((warned("noisy"), warned("quiet")), (32, 1));
    let quiet = failed.iter().find(|line| line["trace_id"] == "quiet-1");
    let quiet = quiet.expect("the line of the one call");
    assert_eq!(
        (&quiet["service"], &quiet["method"], &quiet["outcome"]),
        (&json!("quiet"), &json!("place"), &json!("unknown"))
    );
}

#[test]
fn a_call_that_cannot_be_answered_is_found_by_its_trace() {
    let lines = Sink::of(|_| {
        let mut bench = Bench::new();
        let client = bench.client();
        let body = json!({
            "service_name": "orders", "method": "place", "params": {"secret": "x"}, "protocol": 1,
            "trace_id": "trace-of-a-call"
        });
        bench.publish(client, "ipc.route.request.orders.place", None, &pack(&body));
    });
    let told = with_code(&lines, "request_unanswerable");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["trace_id"], "trace-of-a-call");
}
