use std::time::{Duration, Instant};

use aegis_testkit::{Config, NatsServer, WITH_SYSTEM_ACCOUNT, serving_router, system_account};

use crate::traffic::Traffic;

/// As often as the issue asks; a tenth of it where every commit is tested.
const RESTARTS: usize = 5;

/// How often the broker is restarted, if the environment says: `AEGIS_RESTARTS=50`.
fn restarts() -> usize {
    let asked = std::env::var("AEGIS_RESTARTS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(RESTARTS)
}

const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

#[test]
fn a_server_that_is_killed_and_started_again_costs_nobody_his_life() {
    let Some(mut server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
        return;
    };
    let core = Config {
        heartbeat_interval: HEARTBEAT_INTERVAL,
        lease_ttl: HEARTBEAT_INTERVAL * 3,
        ..Config::default()
    };
    let url = server.url();
    let router = serving_router(&url, core, Some(system_account())).expect("a router");
    let traffic = Traffic::start(&[url.clone(), url.clone(), url.clone()]);
    let onlooker = traffic.client(&url);
    let (mut kills, mut longest) = (Vec::new(), Duration::ZERO);
    for _ in 0..restarts() {
        traffic.wait_for_more(200);
        kills.push(Instant::now());
        server.restart();
        longest = longest.max(traffic.wait_until_all_are_back(&onlooker));
    }
    let report = traffic.stop(&kills);
    println!(
        "{} restarts under {} calls: all instances back after at most {longest:?}, {} orders of unknown outcome, \
         recovery of idempotent calls p99 {:?}",
        kills.len(),
        report.calls,
        report.unknown_orders,
        report.recovery_p99()
    );
    report.assert_promises();
    router.stop().expect("the router ends well");
}
