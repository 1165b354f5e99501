//! An instance of the first AegisIPC has no lifeline and answers no probe. The server knows whose
//! connection its inbox is on, and tells when that ends.

use std::time::{Duration, Instant};

use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber};
use aegis_client::{Client, Outcome};
use aegis_testkit::{
    Config, FaultProxy, NatsServer, PATIENCE, WITH_SYSTEM_ACCOUNT, serving_router, system_account,
    wait_for,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Neither a lease nor this may be what ends the call.
const TIMEOUT: Duration = Duration::from_secs(60);
const LEASE_TTL: Duration = Duration::from_secs(120);

/// Milliseconds on an idle machine.
const SOON: Duration = Duration::from_secs(20);

const INBOX: &str = "ipc.instance.legacy_1.inbox";

/// Hears and never answers.
struct Silent;

impl Subscriber for Silent {
    fn on_message(&mut self, _: Delivery<'_>) {}
}

fn pack(body: &Value) -> Vec<u8> {
    rmp_serde::to_vec_named(body).expect("JSON is MessagePack")
}

/// Subscribes and registers.
async fn join(url: &str) -> Connection {
    let servers = ServerAddress::parse_list(url).expect("an address");
    let connection = Connection::open(ConnectOptions::new(servers), Silent);
    connection.subscribe(INBOX, None).expect("a subject");
    connection.ready().await;
    let registration = json!({"service_name": "archive", "instance_id": "legacy_1",
        "role": "standby", "metadata": {}});
    let reply = connection
        .request("ipc.service.register", None, &pack(&registration), PATIENCE)
        .await;
    let reply: Value = rmp_serde::from_slice(&reply.expect("a reply").payload).expect("a map");
    assert_eq!(reply["success"], true, "{reply}");
    connection
}

async fn ask_for_places(url: &str) {
    let servers = ServerAddress::parse_list(url).expect("an address");
    let options = ConnectOptions {
        auth: system_account(),
        ..ConnectOptions::new(servers)
    };
    let connection = Connection::open(options, Silent);
    connection.ready().await;
    let question = "$SYS.REQ.ACCOUNT.APP.CONNZ";
    let answer = connection.request(question, None, b"{}", PATIENCE).await;
    answer.expect("the server tells");
}

#[test]
fn a_call_on_a_legacy_instance_whose_socket_closed_is_answered_at_once() {
    let Some(server) = NatsServer::start(WITH_SYSTEM_ACCOUNT) else {
        return;
    };
    let url = server.url();
    let core = Config {
        lease_ttl: LEASE_TTL,
        ..Config::default()
    };
    let router = serving_router(&url, core, Some(system_account())).expect("a router");
    let network = FaultProxy::in_front_of(server.port());
    let runtime = Runtime::new().expect("a runtime");
    let client = runtime.block_on(Client::connect(&url));
    let client = client.expect("an address");
    let _member = runtime.block_on(join(&network.url()));
    let call = runtime.spawn({
        let client = client.clone();
        async move {
            let request = client.request("archive", "fetch").timeout(TIMEOUT);
            let answer = request.send::<_, String>(&()).await;
            (Instant::now(), answer)
        }
    });
    wait_for("the call to be in flight", || {
        let entry = runtime.block_on(client.instance("archive", "legacy_1"));
        (entry.ok()??.in_flight == 1).then_some(())
    });
    // The router asked for its place when it registered; who asks after that is answered after that.
    runtime.block_on(ask_for_places(&url));
    network.cut();
    let cut = Instant::now();
    let (answered, answer) = runtime.block_on(call).expect("no panic");
    let after = answered.saturating_duration_since(cut);
    println!("answered {after:?} after the end of its connection");
    let error = answer.expect_err("it never answered");
    assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    assert!(after < SOON, "told after {after:?}");
    router.stop().expect("the router ends well");
}
