use std::time::Instant;

use aegis_testkit::{serving_router, system_account};

use crate::cluster::Cluster;
use crate::traffic::{Traffic, core};

/// Kills in one test.
const KILLS: usize = 5;

#[test]
fn killing_the_node_under_the_router_loses_no_call() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let servers = cluster.servers_from(0);
    let router = serving_router(&servers, core(), Some(system_account())).expect("a router");
    let status = router.status();
    let traffic = Traffic::start(&[0, 1, 2].map(|node| cluster.servers_from(node)));
    let mut kills = Vec::new();
    for _ in 0..KILLS {
        traffic.wait_for_more(500);
        let name = status.server();
        let node = cluster.node_named(&name).expect("a node of the cluster");
        kills.push(Instant::now());
        node.crash();
        traffic.wait_for_more(500);
        node.restart();
    }
    traffic.wait_for_more(500);
    let report = traffic.stop(&kills);
    println!(
        "{KILLS} kills of the router's node under {} calls: {} orders of unknown outcome, none ran twice; \
         recovery of idempotent calls p99 {:?}",
        report.calls,
        report.unknown_orders.len(),
        report.recovery_p99()
    );
    report.assert_promises();
    assert!(
        !report.unknown_orders.is_empty(),
        "kills that met nothing in flight"
    );
    router.stop().expect("the router ends well");
}
