//! A server of a cluster that is about to stop tells its clients to go elsewhere, under load. Unlike a
//! kill it costs nothing that was begun: what is in flight is answered before anybody goes, and nothing
//! new comes. What can be lost is a request on its way between two nodes in the very moment in which the
//! router ends its subscription: the second node has nobody to give it to, and tells nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aegis_client::{Client, Context, Safety, Service};
use aegis_testkit::{Config, serving_router, system_account, wait_for};
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use crate::cluster::Cluster;
use crate::feed::Feed;
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

const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);
const LEASE_TTL: Duration = Duration::from_millis(1500);

/// Between the server's word and the end of what is in flight, the router takes no heartbeats.
#[test]
fn a_router_that_leaves_its_server_expires_nobody_meanwhile() {
    let Some(mut cluster) = Cluster::start() else {
        return;
    };
    let core = Config {
        heartbeat_interval: HEARTBEAT_INTERVAL,
        lease_ttl: LEASE_TTL,
        ..Config::default()
    };
    let router = serving_router(&cluster.servers_from(0), core, Some(system_account()));
    let router = router.expect("a router");
    let begun = Arc::new(AtomicBool::new(false));
    let release = Arc::new(Notify::new());
    let runtime = Runtime::new().expect("a runtime");
    let (client, feed, _servings) = runtime.block_on(async {
        let servers = cluster.servers_from(1);
        let client = Client::connect(&servers).await.expect("an address");
        let feed = Feed::open(&servers).await;
        let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
        let rest = move |_: Context, (): ()| {
            let (begun, release) = (Arc::clone(&begun), Arc::clone(&release));
            async move {
                begun.store(true, Ordering::SeqCst);
                release.notified().await;
                Ok(())
            }
        };
        let service = Service::new("rest")
            .heartbeat_interval(HEARTBEAT_INTERVAL)
            .method("rest", Safety::AtMostOnce, rest);
        let serving = client.serve(service).await.expect("it registers");
        // The busy one is asked how it is; of one that has nothing to do only heartbeats tell.
        let idle = Service::new("idle")
            .heartbeat_interval(HEARTBEAT_INTERVAL)
            .method("rest", Safety::AtMostOnce, |_: Context, (): ()| async {
                Ok(())
            });
        let idle = client.serve(idle).await.expect("it registers");
        (client, feed, [serving, idle])
    });
    let call = runtime.spawn(async move { client.call::<_, ()>("rest", "rest", &()).await });
    wait_for("the handler to start", || {
        begun.load(Ordering::SeqCst).then_some(())
    });
    let left = router.status().server();
    let node = cluster.node_named(&left).expect("a node of the cluster");
    node.begin_lame_duck();
    let told = Instant::now();
    wait_for("a lease and a half to pass", || {
        (told.elapsed() > LEASE_TTL * 3 / 2).then_some(())
    });
    assert_eq!(router.status().server(), left, "it waits for what it has");
    release.notify_one();
    let answered = runtime.block_on(call).expect("no panic");
    assert_eq!(answered, Ok(()));
    wait_for("the router to go elsewhere", || {
        (router.status().server() != left).then_some(())
    });
    let back = Instant::now();
    wait_for("another lease to pass", || {
        (back.elapsed() > LEASE_TTL).then_some(())
    });
    feed.assert_nobody_expired();
    router.stop().expect("the router ends well");
}
