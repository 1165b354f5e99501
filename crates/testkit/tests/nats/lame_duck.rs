//! A server of a cluster that is about to stop tells its clients to go elsewhere, under load. Unlike a
//! kill it costs nothing that was begun: what is in flight is answered before anybody goes, and nothing
//! new comes. What can be lost is a request on its way between two nodes in the very moment in which the
//! router ends its subscription: the second node has nobody to give it to, and tells nobody.

use std::time::Instant;

use aegis_testkit::{serving_router, system_account, wait_for};

use crate::cluster::Cluster;
use crate::traffic::{Traffic, core};

#[test]
fn a_server_that_is_about_to_stop_is_left_when_all_that_was_begun_is_answered() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let servers = cluster.servers_from(0);
    let router = serving_router(&servers, core(), Some(system_account())).expect("a router");
    let status = router.status();
    let traffic = Traffic::start(&[0, 1, 2].map(|node| cluster.servers_from(node)));
    let onlooker = traffic.client(&cluster.servers_from(2));
    let mut began = Vec::new();
    let mut left: Vec<String> = Vec::new();
    traffic.wait_for_more(500);
    // First the router's node, with an instance and callers on it; then one that has only those.
    for _ in 0..2 {
        let routers = status.server();
        let next = match left.first() {
            None => routers,
            Some(first) => cluster.name_beside(&[first, &routers]),
        };
        began.push(Instant::now());
        let node = cluster.node_named(&next).expect("a node of the cluster");
        node.begin_lame_duck();
        wait_for("everybody to go elsewhere", || {
            (node.connections() == 0).then_some(())
        });
        node.restart();
        left.push(next);
        traffic.wait_until_all_are_back(&onlooker);
        traffic.wait_for_more(500);
    }
    assert_ne!(left[0], status.server(), "the router went, and stayed away");
    let report = traffic.stop(&began);
    println!(
        "{left:?} left under {} calls: {} lost on the way between two nodes; idempotent calls meanwhile p99 {:?}",
        report.calls,
        report.lost_on_the_way(),
        report.recovery_p99()
    );
    report.assert_promises();
    report.assert_nothing_begun_is_lost();
    router.stop().expect("the router ends well");
}
