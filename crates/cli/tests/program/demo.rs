//! `aegis demo`: the story a newcomer sees, as a test.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use aegis_testkit::TestBroker;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

use crate::harness::{aegis, run, wait_for};

/// In a run on a NATS server there is nothing of that server in it.
fn brings_its_own_broker(test: &str) -> bool {
    TestBroker::Nats.is_passed_over(test, "the demo starts its own router with its own broker")
}

#[test]
fn the_demo_loses_no_call_that_was_safe_to_move() {
    if brings_its_own_broker("the demo's story") {
        return;
    }
    let started = Instant::now();
    let ran = run(&["demo", "-o", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(started.elapsed() < Duration::from_secs(30));
    let report = ran.json();
    assert_eq!(report["passed"], true, "{report:#}");
    assert_eq!(report["calls"]["failed"], 0, "{report:#}");
    assert_eq!(report["calls"]["run_twice"], 0, "{report:#}");
    assert_eq!(
        report["calls"]["idempotent"]["made"],
        report["calls"]["idempotent"]["answered"]
    );
    assert!(
        report["calls"]["made"].as_u64().unwrap() > 500,
        "{report:#}"
    );
    assert_eq!(report["loss"]["reason"], "connection_closed", "{report:#}");
    assert!(
        report["loss"]["out_of_routing_after_ms"].as_f64().unwrap() < 1000.0,
        "{report:#}"
    );
    let (pause, drain) = (&report["pause"], &report["drain"]);
    assert_eq!(pause["failed"], 0, "{report:#}");
    // By the probe or by silence, and well before the lease would have ended.
    assert!(
        pause["noticed_after_ms"].as_f64().unwrap() < 2500.0,
        "{report:#}"
    );
    assert!(pause["moved"].as_u64().unwrap() > 0, "{report:#}");
    assert!(pause["waited"].as_u64().unwrap() > 0, "{report:#}");
    assert!(drain["calls"].as_u64().unwrap() > 300, "{report:#}");
    for lost in ["failed", "outcome_unknown", "reached_it"] {
        assert_eq!(drain[lost], 0, "{report:#}");
    }
    // Progress is for people: it is told, but not where the data goes.
    for scene in ["kill -9", "SIGSTOP", "SIGCONT", "drain"] {
        assert!(ran.stderr.contains(scene), "{}", ran.stderr);
    }
}

/// A demo in the middle of its story.
struct Demo {
    child: Child,
    /// Where its router listens.
    router: String,
    /// Its processes.
    pids: Vec<Pid>,
}

impl Demo {
    fn under_load() -> Self {
        Self::up_to("load")
    }

    /// Reads the story up to the line that begins with `scene`.
    fn up_to(scene: &str) -> Self {
        let mut child = aegis(&["demo"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut router, mut pids) = (String::new(), Vec::new());
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [_, _, "router", "pid", pid, "at", url, ..] => {
                    pids.push(pid.parse().unwrap());
                    router = url
                        .trim_start_matches("nats://")
                        .trim_end_matches(':')
                        .to_owned();
                }
                [instance, pid, "healthy", ..] if instance.starts_with("toy-") => {
                    let pid = pid.parse().unwrap();
                    if !pids.contains(&pid) {
                        pids.push(pid);
                    }
                }
                [_, "s", what, ..] if *what == scene => break,
                _ => {}
            }
        }
        assert!(pids.len() >= 4, "a router and three instances");
        assert!(
            TcpStream::connect(&router).is_ok(),
            "the router listens at {router}"
        );
        let pids = pids
            .into_iter()
            .map(|pid: i32| Pid::from_raw(pid).unwrap())
            .collect();
        Self {
            child,
            router,
            pids,
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn all_processes_end(&self) {
        wait_for("the end of the router", || {
            TcpStream::connect(&self.router).err()
        });
        for pid in &self.pids {
            wait_for("the end of a process", || has_ended(*pid).then_some(()));
        }
    }
}

/// Gone, or dead and only waiting for somebody to ask how it ended.
fn has_ended(pid: Pid) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero()));
    test_kill_process(pid).is_err() || state.is_ok_and(|state| state.contains(") Z"))
}

#[test]
fn a_demo_that_is_interrupted_takes_its_processes_with_it() {
    if brings_its_own_broker("a demo that is interrupted takes its processes with it") {
        return;
    }
    let mut demo = Demo::under_load();
    demo.signal(Signal::INT);
    let status = wait_for("the end of the demo", || demo.child.try_wait().unwrap());
    assert_eq!(status.code(), Some(130));
    demo.all_processes_end();
}

#[test]
fn a_demo_that_is_killed_leaves_nothing_behind() {
    if brings_its_own_broker("a demo that is killed leaves nothing behind") {
        return;
    }
    let mut demo = Demo::under_load();
    demo.signal(Signal::KILL);
    demo.child.wait().unwrap();
    demo.all_processes_end();
}

#[test]
fn a_demo_that_is_killed_while_an_instance_is_paused_leaves_nothing_behind() {
    if brings_its_own_broker(
        "a demo that is killed while an instance is paused leaves nothing behind",
    ) {
        return;
    }
    let mut demo = Demo::up_to("pause");
    demo.signal(Signal::KILL);
    demo.child.wait().unwrap();
    demo.all_processes_end();
}
