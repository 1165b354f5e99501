//! A server that is away for longer than every lease: the router hears nobody meanwhile, and silence
//! says nothing.

use std::time::{Duration, Instant};

use aegis_client::{Client, Context, Safety, Service};
use aegis_router::Phase;
use aegis_testkit::{
    Config, FaultProxy, NatsServer, WITH_SYSTEM_ACCOUNT, serving_router, system_account, wait_for,
};
use tokio::runtime::Runtime;

use crate::feed::Feed;

const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);
const LEASE_TTL: Duration = Duration::from_millis(1500);

const INSTANCES: usize = 3;

fn routable(runtime: &Runtime, client: &Client) -> Option<usize> {
    let listed = runtime.block_on(client.instances("rest")).ok()?;
    Some(listed.iter().filter(|entry| entry.routable).count())
}

#[test]
fn nobody_is_expired_by_a_server_that_was_away_for_two_leases() {
    let Some(mut server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
        return;
    };
    let core = Config {
        heartbeat_interval: HEARTBEAT_INTERVAL,
        lease_ttl: LEASE_TTL,
        ..Config::default()
    };
    // Its way back is opened only when the feed is heard.
    let network = FaultProxy::in_front_of(server.port());
    let router = serving_router(&network.url(), core, Some(system_account())).expect("a router");
    let runtime = Runtime::new().expect("a runtime");
    let (client, feed, _servings) = runtime.block_on(async {
        let url = server.url();
        let client = Client::connect(&url).await.expect("an address");
        let feed = Feed::open(&url).await;
        let mut servings = Vec::new();
        for number in 0..INSTANCES {
            let service = Service::new("rest")
                .instance_id(format!("rest-{number}"))
                .heartbeat_interval(HEARTBEAT_INTERVAL)
                .method("rest", Safety::Idempotent, |_: Context, (): ()| async {
                    Ok(())
                });
            servings.push(client.serve(service).await.expect("it registers"));
        }
        (client, feed, servings)
    });
    server.crash();
    let status = router.status();
    wait_for("the router to notice", || {
        (status.phase() == Phase::BrokerLost).then_some(())
    });
    network.half_open();
    let crashed = Instant::now();
    wait_for("two leases to pass", || {
        (crashed.elapsed() > LEASE_TTL * 2).then_some(())
    });
    server.restart();
    wait_for("the feed to be heard", || {
        (feed.connection.is_connected() && client.is_connected()).then_some(())
    });
    network.cut();
    network.heal();
    wait_for("everybody to be back", || {
        (routable(&runtime, &client)? == INSTANCES).then_some(())
    });
    let back = Instant::now();
    wait_for("another lease to pass", || {
        (back.elapsed() > LEASE_TTL).then_some(())
    });
    let routable = routable(&runtime, &client);
    assert_eq!(routable, Some(INSTANCES), "{:#?}", feed.told());
    feed.assert_nobody_expired();
    router.stop().expect("the router ends well");
}
