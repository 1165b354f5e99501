//! A server that is away for longer than every lease: the router hears nobody meanwhile, and silence
//! says nothing.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber};
use aegis_client::{Client, Context, Safety, Service};
use aegis_router::Phase;
use aegis_testkit::{
    Config, FaultProxy, NatsServer, WITH_SYSTEM_ACCOUNT, serving_router, system_account, wait_for,
};
use aegis_wire::event::InstanceEvent;
use tokio::runtime::Runtime;

const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);
const LEASE_TTL: Duration = Duration::from_millis(1500);

const INSTANCES: usize = 3;

const EVENTS: &str = "ipc.event.instance.>";

/// What was told of instances: `NAME: REASON`.
type Told = Arc<Mutex<Vec<String>>>;

struct Feed(Told);

impl Subscriber for Feed {
    fn on_message(&mut self, message: Delivery<'_>) {
        let event = InstanceEvent::decode(message.payload).expect("an event");
        let told = format!("{}: {} {}", event.instance, event.to, event.reason);
        lock(&self.0).push(told);
    }
}

fn lock(told: &Told) -> std::sync::MutexGuard<'_, Vec<String>> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

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
    let told = Told::default();
    let (client, feed, _servings) = runtime.block_on(async {
        let url = server.url();
        let client = Client::connect(&url).await.expect("an address");
        let servers = ServerAddress::parse_list(&url).expect("an address");
        let feed = Connection::open(ConnectOptions::new(servers), Feed(Arc::clone(&told)));
        feed.subscribe(EVENTS, None).expect("a pattern");
        feed.ready().await;
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
        (feed.is_connected() && client.is_connected()).then_some(())
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
    let told = lock(&told);
    println!("told: {told:#?}");
    assert_eq!(routable, Some(INSTANCES), "{told:#?}");
    assert!(
        told.iter().any(|told| told.contains("healthy")),
        "the feed heard nothing at all"
    );
    let expired = told.iter().filter(|told| told.contains("lease_expired"));
    assert_eq!(expired.count(), 0, "{told:#?}");
    drop(told);
    router.stop().expect("the router ends well");
}
