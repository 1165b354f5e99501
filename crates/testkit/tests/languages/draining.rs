use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber};
use aegis_client::{Client, InstanceEntry};
use aegis_testkit::{PATIENCE, TestRouter, wait_for};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::programs::service;

/// Where the router would be answered.
const REPLY_TO: &str = "ipc.response.test.1";

/// Longer than all that happens meanwhile takes on a slow machine.
const NAP_SECONDS: u32 = 20;

struct Listener(UnboundedSender<Value>);

impl Subscriber for Listener {
    fn on_message(&mut self, message: Delivery<'_>) {
        let body = rmp_serde::from_slice(message.payload).expect("a MessagePack map");
        let _ = self.0.send(body);
    }
}

#[test]
#[ignore = "needs Python and Node: run by cargo xtask test"]
fn a_draining_python_service_ends_what_runs_and_refuses_what_is_new() {
    let router = TestRouter::start();
    let mut service = service(&router.url(), "python-1");
    service.line_with("registered python-1");
    let runtime = Runtime::new().expect("a runtime");
    let client = runtime
        .block_on(Client::connect(&router.url()))
        .expect("a client");
    let seen = |what: &str, found: &dyn Fn(&InstanceEntry) -> bool| {
        wait_for(what, || {
            let list = runtime.block_on(client.instances("greeter")).ok()?;
            list.into_iter().find(|entry| found(entry))
        })
    };
    let nap = runtime.spawn({
        let client = client.clone();
        let params = json!({"seconds": NAP_SECONDS});
        async move {
            let request = client.request("greeter", "nap").timeout(PATIENCE * 2);
            request.send::<_, String>(&params).await
        }
    });
    seen("the nap to begin", &|entry| entry.in_flight == 1);

    service.ask_to_end();
    let entry = seen("its word", &|entry| entry.lifecycle == "draining");
    let (heard, mut answers) = unbounded_channel();
    let answer = runtime.block_on(async {
        let servers = ServerAddress::parse_list(&router.url()).expect("an address");
        let direct = Connection::open(ConnectOptions::new(servers), Listener(heard));
        direct.subscribe(REPLY_TO, None).expect("a subject");
        direct.ready().await;
        let call = json!({"kind": "call", "method": "greet", "params": {"name": "Ada"},
            "correlation_id": "test.1", "incarnation": entry.incarnation});
        let body = rmp_serde::to_vec(&call).expect("a map");
        let inbox = format!("ipc.inbox.greeter.python-1.{}", entry.incarnation);
        direct
            .publish(&inbox, Some(REPLY_TO), None, &body)
            .expect("connected");
        tokio::time::timeout(PATIENCE, answers.recv()).await
    });
    let answer = answer.ok().flatten().expect("an answer");
    assert_eq!(answer["kind"], "refused");
    assert_eq!(answer["outcome"], "not_run");
    assert_eq!(answer["error"]["error_code"], "DRAINING");

    let napped = runtime.block_on(nap).expect("a task that ends");
    assert_eq!(napped.expect("a result"), format!("slept {NAP_SECONDS} s"));
    assert!(service.wait().success());
}
