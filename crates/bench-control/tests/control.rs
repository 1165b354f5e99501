//! The control answers and calls over any NATS server; ours is at hand in a test.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use aegis_bench::{CallOrder, CallReport, Line, Load, Order, Ready, ServeOrder, Span, Watched};
use aegis_testkit::TestRouter;

/// A control with an order; it ends with its stdin, so that is kept.
struct Control {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Control {
    fn start(order: &Order) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_aegis-bench-control"))
            .arg(serde_json::to_string(order).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_requester_is_answered_by_a_responder() {
    let router = TestRouter::start();
    let mut responder = Control::start(&Order::Serve(ServeOrder {
        server: router.url(),
        instance: "one".to_owned(),
        instances: 1,
        work: Duration::ZERO,
    }));
    let Ready { .. } = Line::read(&responder.line()).unwrap();
    let millis = Duration::from_millis;
    for load in [Load::InFlight(4), Load::Every(millis(2))] {
        let mut requester = Control::start(&Order::Call(CallOrder {
            server: router.url(),
            connections: 2,
            load,
            body: 128,
            span: Span {
                warm_up: millis(20),
                measured: millis(100),
            },
            watched: vec![Watched {
                name: "responder".to_owned(),
                pid: responder.child.id(),
            }],
        }));
        let report: CallReport = Line::read(&requester.line()).unwrap();
        assert_eq!((report.failed, report.failure), (0, None));
        assert!(report.latency.count > 0);
        let names: Vec<&str> = report.used.iter().map(|used| used.name.as_str()).collect();
        assert_eq!(names, ["responder", "caller"]);
    }
}

#[test]
fn a_responder_ends_with_its_stdin() {
    let router = TestRouter::start();
    let mut responder = Control::start(&Order::Serve(ServeOrder {
        server: router.url(),
        instance: "one".to_owned(),
        instances: 1,
        work: Duration::ZERO,
    }));
    responder.line();
    drop(responder.child.stdin.take());
    assert!(responder.child.wait().unwrap().success());
}

#[test]
fn an_order_that_is_none_is_refused() {
    let refused = Command::new(env!("CARGO_BIN_EXE_aegis-bench-control"))
        .arg("nonsense")
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cannot read `nonsense`"));
}
