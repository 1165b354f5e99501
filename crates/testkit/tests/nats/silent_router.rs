//! The router that serves hangs, or is cut off from its server, which goes on choosing it; another
//! stands by. Then it comes back, with old requests in its socket.

use std::process::Command;
use std::time::{Duration, Instant};

use aegis_router::{NatsRouterEnd, Phase};
use aegis_testkit::{
    Config, FaultProxy, NatsServer, Program, WITH_SYSTEM_ACCOUNT, serving_router, standby_router,
    system_account, wait_for,
};

use crate::traffic::{TIMEOUT, Traffic};

const LEASE_TTL: Duration = Duration::from_secs(3);

fn core() -> Config {
    Config {
        heartbeat_interval: LEASE_TTL / 3,
        lease_ttl: LEASE_TTL,
        ..Config::default()
    }
}

/// A router that can be stopped.
fn router_process(url: &str) -> Program {
    let program = Program::start(
        Command::new(env!("CARGO_BIN_EXE_test_router"))
            .args([url.to_owned(), LEASE_TTL.as_millis().to_string()]),
    );
    program.line_with("listening on ");
    program
}

#[test]
fn a_router_that_hangs_is_unseated_and_costs_no_call() {
    let Some(server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
        return;
    };
    let url = server.url();
    let first = router_process(&url);
    let second = standby_router(&url, core(), Some(system_account())).expect("a router");
    let status = second.status();
    let traffic = Traffic::start(&[0, 1, 2].map(|_| url.clone()));
    let onlooker = traffic.client(&url);
    traffic.wait_for_more(500);
    first.pause();
    let stopped = Instant::now();
    wait_for("the one that stands by to take over", || {
        (status.phase() == Phase::Serving).then_some(())
    });
    traffic.wait_until_all_are_back(&onlooker);
    println!("all back {:?} after the router hung", stopped.elapsed());
    traffic.wait_for_more(500);
    first.resume();
    traffic.wait_for_more(2_000);
    let report = traffic.stop(&[stopped]);
    println!(
        "{} calls, {} orders of unknown outcome",
        report.calls,
        report.unknown_orders.len()
    );
    report.assert_promises();
    second.stop().expect("the router ends well");
}

/// Nobody can end its connection: the server gives it half of the requests. What it finds when it
/// wakes is long over.
#[test]
fn a_router_that_hung_runs_nothing_late() {
    let Some(server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
        return;
    };
    let url = server.url();
    let first = router_process(&url);
    let second = standby_router(&url, core(), None).expect("a router");
    let status = second.status();
    let traffic = Traffic::start(&[0, 1, 2].map(|_| url.clone()));
    traffic.wait_for_more(500);
    first.pause();
    let stopped = Instant::now();
    wait_for("the one that stands by to take over", || {
        (status.phase() == Phase::Serving).then_some(())
    });
    // Each caller loses one request to it at once and, when that is over, the next: both are over then.
    wait_for("requests in its socket that are over", || {
        (stopped.elapsed() > TIMEOUT * 5 / 2).then_some(())
    });
    first.resume();
    traffic.wait_for_more(2_000);
    let report = traffic.stop(&[stopped]);
    println!(
        "{} calls, {} orders of unknown outcome",
        report.calls,
        report.unknown_orders.len()
    );
    report.assert_orders();
    second.stop().expect("the router ends well");
}

#[test]
fn a_router_that_is_cut_off_is_unseated_and_gives_way() {
    let Some(server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
        return;
    };
    let url = server.url();
    let proxy = FaultProxy::in_front_of(server.port());
    let first = serving_router(&proxy.url(), core(), None).expect("a router");
    let second = standby_router(&url, core(), Some(system_account())).expect("a router");
    let (status, cut_off) = (second.status(), first.status());
    let traffic = Traffic::start(&[0, 1, 2].map(|_| url.clone()));
    let onlooker = traffic.client(&url);
    traffic.wait_for_more(500);
    proxy.half_open();
    let silenced = Instant::now();
    wait_for("the one that stands by to take over", || {
        let serves = status.phase() == Phase::Serving;
        let both = serves && cut_off.phase() == Phase::Serving;
        assert!(!both, "the one that is cut off still believes to serve");
        serves.then_some(())
    });
    traffic.wait_until_all_are_back(&onlooker);
    traffic.wait_for_more(500);
    proxy.heal();
    let gave_way = first.join();
    assert!(
        matches!(gave_way, Err(NatsRouterEnd::OtherRouter(_))),
        "{gave_way:?}"
    );
    traffic.wait_for_more(500);
    let report = traffic.stop(&[silenced]);
    report.assert_promises();
    second.stop().expect("the router ends well");
}
