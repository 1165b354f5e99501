//! `service watch`: the present state, changes, gaps.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};

use aegis_testkit::TestBroker;
use serde_json::Value;

use crate::harness::{PATIENCE, Running, aegis};

/// A running watch, read line by line.
struct Watch {
    child: Child,
    lines: Receiver<String>,
}

impl Watch {
    fn start(arguments: &[&str]) -> Self {
        let mut command = aegis(&[&["service", "watch"], arguments].concat());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Self { child, lines }
    }

    /// The next line that is of this kind; others are passed over.
    fn next(&self, event: &str) -> Value {
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no {event}"));
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["event"] == event {
                return line;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn toy(url: &str, instance: &str) -> Running {
    let arguments = [
        "toy-service",
        "-o",
        "json",
        "--server",
        url,
        "--instance",
        instance,
    ];
    Running::start(&mut aegis(&arguments), tempfile::tempdir().unwrap())
}

/// A heartbeat of the first AegisIPC, whose names may be what no subject can hold: the router takes
/// such an instance back unasked.
fn beat(router: &Running) -> TcpStream {
    let mut stream = TcpStream::connect(router.address()).unwrap();
    // {"service_name": "Price list", "instance_id": "host.7"}, in MessagePack.
    let body = b"\x82\xacservice_name\xaaPrice list\xabinstance_id\xa6host.7";
    let publish = format!(
        "CONNECT {{}}\r\nPUB ipc.service.heartbeat {}\r\n",
        body.len()
    );
    stream.write_all(publish.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream.write_all(b"\r\n").unwrap();
    stream
}

#[test]
fn it_tells_of_instances_under_free_names() {
    let router = Running::router();
    let url = router.url();
    let watch = Watch::start(&["Price list", "-s", &url]);
    assert_eq!(watch.next("listed")["instances"], 0);
    let stream = beat(&router);
    let change = watch.next("instance");
    assert_eq!(
        (&change["service"], &change["instance"]),
        (&Value::from("Price list"), &Value::from("host.7"))
    );
    drop(stream);
    let later = Watch::start(&["Price list", "-s", &url]);
    assert_eq!(later.next("present")["instance"], "host.7");
}

#[test]
fn it_begins_with_the_present_state_and_goes_on_with_what_happens() {
    let router = Running::router();
    let url = router.url();
    let first = toy(&url, "toy-1");
    let watch = Watch::start(&["toy", "-s", &url]);
    let present = watch.next("present");
    assert_eq!(present["instance"], "toy-1");
    let listed = watch.next("listed");
    assert_eq!(listed["instances"], 1);
    assert!(listed["router"]["trust"].is_string(), "{listed}");

    let _second = toy(&url, "toy-2");
    let joined = loop {
        let change = watch.next("instance");
        if change["instance"] == "toy-2" {
            break change;
        }
    };
    assert_eq!(joined["from"], Value::Null, "{joined}");
    assert_eq!(joined["reason"], "registered", "{joined}");
    assert!(
        joined["evidence"].is_string() && joined["routable"].is_boolean(),
        "{joined}"
    );
    assert!(joined["at"].as_str().unwrap().ends_with('Z'), "{joined}");

    // Dropping it kills it.
    drop(first);
    let gone = loop {
        let change = watch.next("instance");
        if change["instance"] == "toy-1" && change["routable"] == false {
            break change;
        }
    };
    // A broker of its own sees the lifeline end, which is proof; a NATS server's word is a reason to doubt.
    let (to, reason) = match TestBroker::of_this_run() {
        TestBroker::Embedded => ("unhealthy", "connection_closed"),
        TestBroker::Nats => ("suspect", "disconnected"),
    };
    assert_eq!(
        (&gone["to"], &gone["reason"]),
        (&to.into(), &reason.into()),
        "{gone}"
    );
}

#[test]
fn a_service_that_nobody_registered_yet_can_be_waited_for() {
    let router = Running::router();
    let watch = Watch::start(&["toy", "-s", &router.url()]);
    assert_eq!(watch.next("listed")["instances"], 0);
    let _toy = toy(&router.url(), "toy-1");
    assert_eq!(watch.next("instance")["service"], "toy");
}

#[test]
fn a_gap_is_told_and_the_present_state_listed_anew() {
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let router = Running::router_at(free);
    let watch = Watch::start(&["-s", &router.url()]);
    let before = watch.next("listed");
    drop(router);
    assert_eq!(watch.next("gap")["reason"], "connection_lost");
    let _router = Running::router_at(free);
    let after = watch.next("listed");
    assert_ne!(before["router"]["id"], after["router"]["id"]);
}

#[test]
fn people_get_words_if_they_ask_for_them() {
    let router = Running::router();
    let first = toy(&router.url(), "toy-1");
    let watch = Watch::start(&["-o", "table", "-s", &router.url()]);
    let line = watch.lines.recv_timeout(PATIENCE).unwrap();
    assert!(line.starts_with("toy toy-1 is "), "{line}");
    // Dropping it kills it: from, to, the evidence in words and its code, on one line.
    drop(first);
    let (to, code) = match TestBroker::of_this_run() {
        TestBroker::Embedded => ("unhealthy", "(connection_closed)"),
        TestBroker::Nats => ("suspect", "(disconnected)"),
    };
    let change = format!("toy toy-1 healthy -> {to}, not routable: ");
    loop {
        let line = watch.lines.recv_timeout(PATIENCE).unwrap();
        if let Some((_, why)) = line.split_once(&change) {
            let evidence = why.strip_suffix(code).map(str::trim);
            assert!(evidence.is_some_and(|it| !it.is_empty()), "{line}");
            break;
        }
    }
}
