//! The 503 of a send comes when it comes. By then its attempt may have lapsed and the call run elsewhere:
//! it must hurt neither the call nor the instance that has it now.

use std::process::Command;
use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber};
use aegis_client::Client;
use aegis_testkit::{
    Config, Direction, FaultProxy, NatsServer, PATIENCE, Program, serving_router, wait_for,
};
use aegis_wire::Subjects;
use aegis_wire::call::RouteRequest;
use aegis_wire::value::Raw;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

/// What the router is told comes that much later, in order: a call's 503 after the attempt lapsed, the
/// answer of the next attempt after the 503.
const LATER: Duration = Duration::from_millis(500);
const ATTEMPT_TIMEOUT: Duration = Duration::from_millis(100);

/// Half of them are sent to the dead one first, and may be repeated on what the budget holds from
/// the start.
const CALLS: usize = 8;

struct Caller;

impl Subscriber for Caller {
    fn on_message(&mut self, _: Delivery<'_>) {}
}

fn instance(url: &str, name: &str) -> Program {
    let program =
        Program::start(Command::new(env!("CARGO_BIN_EXE_test_service")).args([url, "late", name]));
    program.line_with("serving");
    program
}

async fn work(connection: Connection) -> Value {
    let params = rmp_serde::to_vec(&0_u64).expect("a number");
    let mut body = Vec::new();
    RouteRequest {
        protocol: Some(1),
        timeout: Some(PATIENCE),
        attempt_timeout: Some(ATTEMPT_TIMEOUT),
        ..RouteRequest::new("late", "work", Raw::new(&params).expect("one value"))
    }
    .encode(&mut body);
    let mut subject = String::new();
    Subjects::default().push_route(&mut subject, "late", "work");
    let reply = connection.request(&subject, None, &body, PATIENCE).await;
    rmp_serde::from_slice(&reply.expect("an answer").payload).expect("a map")
}

#[test]
fn a_late_503_ends_neither_the_next_attempt_nor_the_health_of_its_instance() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let network = FaultProxy::in_front_of(server.port());
    let router = serving_router(&network.url(), Config::default(), None).expect("a router");
    let runtime = Runtime::new().expect("a runtime");
    let client = runtime.block_on(Client::connect(&server.url()));
    let client = client.expect("an address");
    let mut dead = instance(&server.url(), "dead");
    let _alive = instance(&server.url(), "alive");
    wait_for("both to be routable", || {
        let listed = runtime.block_on(client.instances("late")).ok()?;
        let routable = listed.iter().filter(|entry| entry.routable).count();
        (routable == 2).then_some(())
    });
    dead.crash();
    network.delay(Direction::ToClient, LATER);
    let answers = runtime.block_on(async {
        let servers = ServerAddress::parse_list(&server.url()).expect("an address");
        let caller = Connection::open(ConnectOptions::new(servers), Caller);
        caller.ready().await;
        let mut calls = JoinSet::new();
        for _ in 0..CALLS {
            calls.spawn(work(caller.clone()));
        }
        calls.join_all().await
    });
    network.heal();
    for answer in &answers {
        assert_eq!(answer["success"], true, "{answer}");
        assert_eq!(answer["result"], "alive", "{answer}");
    }
    let entry = |name: &str| {
        let entry = runtime.block_on(client.instance("late", name));
        entry.expect("an answer").expect("it is registered")
    };
    let alive = entry("alive");
    assert_eq!(
        (alive.health.as_str(), alive.reason.as_str()),
        ("healthy", "welcomed"),
        "{alive:?}"
    );
    assert_eq!(entry("dead").health, "suspect");
    router.stop().expect("the router ends well");
}
