//! The router that serves hangs, or is cut off from its server, which goes on choosing it; another
//! stands by. Then it comes back, with old requests in its socket.

use std::process::Command;
use std::time::Instant;

use aegis_bus::Auth;
use aegis_router::{NatsRouterEnd, NatsRouterHandle, Phase};
use aegis_testkit::{
    FaultProxy, NatsServer, Program, WITH_SYSTEM_ACCOUNT, serving_router, standby_router,
    system_account, wait_for,
};

use crate::traffic::{LEASE_TTL, Report, TIMEOUT, Traffic, core};

/// A router that can be stopped.
fn router_process(url: &str) -> Program {
    let program = Program::start(
        Command::new(env!("CARGO_BIN_EXE_test_router"))
            .args([url.to_owned(), LEASE_TTL.as_millis().to_string()]),
    );
    program.line_with("listening on ");
    program
}

/// A router that hangs under load, and the one that has taken over from it.
struct TakenOver {
    first: Program,
    second: NatsRouterHandle,
    stopped: Instant,
    traffic: Traffic,
    url: String,
    _server: NatsServer,
}

impl TakenOver {
    /// `system`: how the one that stands by may end the other's connection. `None`: there is no server.
    fn from_one_that_hangs(system: Option<Auth>) -> Option<TakenOver> {
        let server = NatsServer::start(WITH_SYSTEM_ACCOUNT)?;
        let url = server.url();
        let first = router_process(&url);
        let second = standby_router(&url, core(), system).expect("a router");
        let status = second.status();
        let traffic = Traffic::start(&[0, 1, 2].map(|_| url.clone()));
        traffic.wait_for_more(500);
        first.pause();
        let stopped = Instant::now();
        wait_for("the one that stands by to take over", || {
            (status.phase() == Phase::Serving).then_some(())
        });
        Some(TakenOver {
            first,
            second,
            stopped,
            traffic,
            url,
            _server: server,
        })
    }

    /// It wakes, finds what its socket holds, and calls go on.
    fn wake(self) -> Report {
        self.first.resume();
        self.traffic.wait_for_more(2_000);
        let report = self.traffic.stop(&[self.stopped]);
        self.second.stop().expect("the router ends well");
        report
    }
}

fn told(report: &Report) -> String {
    let (calls, unknown) = (report.calls, report.unknown_orders.len());
    format!("{calls} calls, {unknown} orders of unknown outcome")
}

#[test]
fn a_router_that_hangs_is_unseated_and_costs_no_call() {
    let Some(taken) = TakenOver::from_one_that_hangs(Some(system_account())) else {
        return;
    };
    let onlooker = taken.traffic.client(&taken.url);
    taken.traffic.wait_until_all_are_back(&onlooker);
    println!(
        "all back {:?} after the router hung",
        taken.stopped.elapsed()
    );
    taken.traffic.wait_for_more(500);
    let report = taken.wake();
    println!("{}", told(&report));
    report.assert_promises();
}

/// Nobody can end its connection: the server gives it half of the requests. What it finds when it
/// wakes is long over.
#[test]
fn a_router_that_hung_runs_nothing_late() {
    let Some(taken) = TakenOver::from_one_that_hangs(None) else {
        return;
    };
    // Each caller loses one request to it at once and, when that is over, the next: both are over then.
    wait_for("requests in its socket that are over", || {
        (taken.stopped.elapsed() > TIMEOUT * 5 / 2).then_some(())
    });
    let report = taken.wake();
    println!("{}", told(&report));
    report.assert_orders();
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
