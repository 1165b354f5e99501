//! The broker is killed and started again, many times over, under load: a real server beneath its
//! router, and the embedded one, which takes its router with it.

use std::process::Command;
use std::time::{Duration, Instant};

use aegis_testkit::{NatsServer, Program, WITH_SYSTEM_ACCOUNT, serving_router, system_account};

use crate::traffic::{LEASE_TTL, Traffic, core};

/// Where every change is tested. `cargo xtask outages` restarts 50 times.
const RESTARTS: usize = 5;

/// Two heartbeat intervals, and the reconnect: dials are at most 2 s apart.
const BACK_WITHIN: Duration = Duration::from_secs(4);

/// How much later that may be on a busy machine; what it was is printed.
const SLACK: Duration = Duration::from_secs(16);

/// How often the broker is restarted, if the environment says: `AEGIS_RESTARTS=50`.
fn restarts() -> usize {
    let asked = std::env::var("AEGIS_RESTARTS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(RESTARTS)
}

/// Under load: kills it and starts it again, waits until everybody is back, and says what was measured.
fn restart_again_and_again(what: &str, url: &str, mut restart: impl FnMut()) -> String {
    let traffic = Traffic::start(&[0, 1, 2].map(|_| url.to_owned()));
    let onlooker = traffic.client(url);
    let (mut kills, mut longest) = (Vec::new(), Duration::ZERO);
    for _ in 0..restarts() {
        traffic.wait_for_more(200);
        kills.push(Instant::now());
        restart();
        longest = longest.max(traffic.wait_until_all_are_back(&onlooker));
    }
    let report = traffic.stop(&kills);
    let measured = format!(
        "{what}: {} restarts under {} calls: all instances back after at most {longest:?}, {} orders of unknown outcome, \
         none ran twice; recovery of idempotent calls p99 {:?}",
        kills.len(),
        report.calls,
        report.unknown_orders.len(),
        report.recovery_p99()
    );
    report.assert_promises();
    assert!(longest < BACK_WITHIN + SLACK, "back after {longest:?}");
    measured
}

#[test]
fn a_server_that_is_killed_and_started_again_costs_nobody_his_life() {
    let Some(mut server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
        return;
    };
    let url = server.url();
    let router = serving_router(&url, core(), Some(system_account())).expect("a router");
    let measured = restart_again_and_again("nats-server", &url, || server.restart());
    println!("{measured}");
    router.stop().expect("the router ends well");
}

#[test]
fn an_embedded_broker_that_is_killed_with_its_router_costs_nobody_his_life() {
    let (mut router, port) = router_on(0);
    let url = format!("nats://127.0.0.1:{port}");
    let measured = restart_again_and_again("embedded", &url, || {
        router.crash();
        (router, _) = router_on(port);
    });
    println!("{measured}");
}

/// A router with its embedded broker in a process of its own, and its port.
fn router_on(port: u16) -> (Program, u16) {
    let program = Program::start(
        Command::new(env!("CARGO_BIN_EXE_test_router"))
            .args([port.to_string(), LEASE_TTL.as_millis().to_string()])
            .env("AEGIS_TEST_BROKER", "embedded"),
    );
    let line = program.line_with("listening on ");
    let port = line.rsplit(' ').next().and_then(|port| port.parse().ok());
    (program, port.expect("a port"))
}
