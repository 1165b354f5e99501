//! What an operator types against a running router.

use std::process::Stdio;

use crate::harness::{Running, aegis, finished, run, run_with_input, wait_for};

/// A router and one instance of the toy service, routable.
fn fleet() -> (Running, Running) {
    let router = Running::router();
    let url = router.url();
    let toy = Running::start(
        &mut aegis(&[
            "toy-service",
            "-o",
            "json",
            "--server",
            &url,
            "--instance",
            "toy-1",
            "--work",
            "1ms",
        ]),
        tempfile::tempdir().unwrap(),
    );
    (router, toy)
}

#[test]
fn lists_are_empty_before_anybody_registers() {
    let router = Running::router();
    let ran = run(&["service", "ls", "-s", &router.url(), "-o", "json"]);
    assert_eq!(
        (ran.code, ran.stdout.trim()),
        (Some(0), "[]"),
        "{}",
        ran.stderr
    );
    let ran = run(&["instance", "ls", "-s", &router.url(), "-o", "jsonl"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(0), ""),
        "{}",
        ran.stderr
    );
}

#[test]
fn lists_name_what_is_registered() {
    let (router, _toy) = fleet();
    let services = run(&["service", "ls", "-s", &router.url(), "--json"]).json();
    assert_eq!(services[0]["name"], "toy");
    assert_eq!(services[0]["instances"], 1);
    assert_eq!(services[0]["healthy"], 1);
    let instances = run(&["instance", "ls", "toy", "-s", &router.url(), "--json"]).json();
    assert_eq!(instances[0]["instance"], "toy-1");
    assert_eq!(instances[0]["health"], "healthy");
    let table = run(&["instance", "ls", "-s", &router.url()]).stdout;
    assert!(
        table.lines().next().unwrap().starts_with("SERVICE"),
        "{table}"
    );
    assert!(table.contains("toy-1"), "{table}");
}

#[test]
fn an_unknown_service_has_no_instances_to_list() {
    let router = Running::router();
    let ran = run(&["instance", "ls", "nobody", "-s", &router.url()]);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("nobody"), "{}", ran.stderr);
}

#[test]
fn a_call_prints_its_result() {
    let (router, _toy) = fleet();
    let ran = run(&["call", "toy", "quote", "{\"id\": 7}", "-s", &router.url()]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.json()["id"], 7);
    assert_eq!(ran.json()["instance"], "toy-1");
    let ran = run_with_input(
        &[
            "call",
            "toy",
            "charge",
            "-",
            "-s",
            &router.url(),
            "--failover",
        ],
        "{\"id\": 8}",
    );
    assert_eq!(ran.json()["id"], 8, "{}", ran.stderr);
    let ran = run(&[
        "call",
        "toy",
        "quote",
        "{\"id\": 9}",
        "--count",
        "3",
        "-o",
        "jsonl",
        "-s",
        &router.url(),
    ]);
    assert_eq!(ran.stdout.lines().count(), 3, "{ran:?}");
}

#[test]
fn a_call_that_is_refused_says_why_and_what_to_do() {
    let (router, _toy) = fleet();
    let ran = run(&["call", "nobody", "quote", "-s", &router.url()]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(3), ""),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("nobody"), "{}", ran.stderr);
    let ran = run(&["call", "toy", "nothing", "-s", &router.url()]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
}

#[test]
fn without_a_broker_everything_says_so() {
    // A port that was free a moment ago: nobody listens there.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("nats://{free}");
    for command in [
        ["service", "ls"].as_slice(),
        &["instance", "ls"],
        &["call", "toy", "quote"],
    ] {
        let ran = finished(aegis(command).args(["-s", &url, "--timeout", "300ms"]));
        assert_eq!(ran.code, Some(3), "{command:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(&free.to_string()),
            "{command:?}: {}",
            ran.stderr
        );
        assert!(
            ran.stderr.contains("aegis router"),
            "{command:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (router, _toy) = fleet();
    let mut child = aegis(&["service", "ls", "-s", &router.url()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = wait_for("the end of the program", || child.try_wait().unwrap());
    assert_eq!(status.code(), Some(0));
}

#[test]
fn the_server_may_come_from_the_environment() {
    let router = Running::router();
    for variable in ["AEGIS_SERVER", "NATS_URL"] {
        let ran = finished(aegis(&["service", "ls", "-o", "json"]).env(variable, router.url()));
        assert_eq!(
            (ran.code, ran.stdout.trim()),
            (Some(0), "[]"),
            "{variable}: {}",
            ran.stderr
        );
    }
    // A flag wins over the environment.
    let ran = finished(
        aegis(&["service", "ls", "-s", &router.url(), "-o", "json"])
            .env("AEGIS_SERVER", "nats://127.0.0.1:1"),
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
}
