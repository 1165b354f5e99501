//! An instance of the first AegisIPC: on a plain NATS client, with its inbox on the old subject.

use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber, WeakConnection};
use aegis_testkit::PATIENCE;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub(crate) const SERVICE: &str = "ancient";
pub(crate) const INBOX: &str = "ipc.instance.ancient-1.inbox";

/// Several in a lease.
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(200);

/// Beats until it is dropped.
pub(crate) struct Legacy {
    heartbeats: JoinHandle<()>,
}

impl Legacy {
    pub(crate) fn join(runtime: &Runtime, url: &str) -> Legacy {
        let servers = ServerAddress::parse_list(url).expect("an address");
        let names = json!({"service_name": SERVICE, "instance_id": "ancient-1"});
        let connection = runtime.block_on(async {
            let options = ConnectOptions::new(servers);
            let connection = Connection::open_with(options, Answering);
            connection.subscribe(INBOX, None).expect("a subject");
            connection.ready().await;
            let body = pack(&json!({"service_name": SERVICE, "instance_id": "ancient-1",
                "role": "standby", "metadata": {}}));
            let reply = connection.request("ipc.service.register", None, &body, PATIENCE);
            let reply = reply.await.expect("a reply").payload;
            let reply: Value = rmp_serde::from_slice(&reply).expect("a map");
            assert_eq!(reply["success"], true, "{reply}");
            connection
        });
        let heartbeats = runtime.spawn(async move {
            let mut pace = tokio::time::interval(HEARTBEAT_INTERVAL);
            loop {
                pace.tick().await;
                let _ = connection.publish("ipc.service.heartbeat", None, None, &pack(&names));
            }
        });
        Legacy { heartbeats }
    }
}

impl Drop for Legacy {
    fn drop(&mut self) {
        self.heartbeats.abort();
    }
}

/// Answers every call, and nothing that is none.
struct Answering(WeakConnection);

impl Subscriber for Answering {
    fn on_message(&mut self, message: Delivery<'_>) {
        let call = rmp_serde::from_slice::<Value>(message.payload).ok();
        let call = call.filter(|call| call["method"] == "m");
        if let (Some(_), Some(connection), Some(reply)) = (call, self.0.upgrade(), message.reply) {
            let answer = pack(&json!({"success": true, "result": "done"}));
            let _ = connection.publish(reply, None, None, &answer);
        }
    }
}

fn pack(body: &Value) -> Vec<u8> {
    rmp_serde::to_vec_named(body).expect("JSON is MessagePack")
}
