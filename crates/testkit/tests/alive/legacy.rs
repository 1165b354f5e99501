use aegis_bus::{ConnectOptions, Connection, Delivery, ServerAddress, Subscriber, WeakConnection};
use aegis_testkit::{FaultProxy, PATIENCE};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::world::{HEARTBEAT_INTERVAL, Onlooker};

/// An instance of the first AegisIPC: it subscribes, registers once in its life, and sends
/// heartbeats that ask for no answer. Its NATS client reconnects by itself and subscribes again.
pub(crate) struct LegacyMember {
    pub(crate) network: FaultProxy,
    heartbeats: JoinHandle<()>,
}

impl LegacyMember {
    pub(crate) fn join(onlooker: &Onlooker, port: u16, service: &str, instance: &str) -> Self {
        let network = FaultProxy::in_front_of(port);
        let servers = ServerAddress::parse_list(&network.url()).expect("an address");
        let names = json!({"service_name": service, "instance_id": instance});
        let registration = json!({"service_name": service, "instance_id": instance,
            "role": "standby", "metadata": {}});
        let connection = onlooker.run(async {
            let options = ConnectOptions::new(servers);
            let connection = Connection::open_with(options, |connection| Answering { connection });
            let inbox = format!("ipc.instance.{instance}.inbox");
            connection.subscribe(&inbox, None).expect("a subject");
            connection.ready().await;
            let register = "ipc.service.register";
            let body = pack(&registration);
            let reply = connection.request(register, None, &body, PATIENCE).await;
            let reply: Value =
                rmp_serde::from_slice(&reply.expect("a reply").payload).expect("a MessagePack map");
            assert_eq!(reply["success"], true, "{reply}");
            connection
        });
        LegacyMember {
            network,
            heartbeats: onlooker.spawn(send_heartbeats(connection, pack(&names))),
        }
    }
}

impl Drop for LegacyMember {
    fn drop(&mut self) {
        self.heartbeats.abort();
    }
}

async fn send_heartbeats(connection: Connection, heartbeat: Vec<u8>) {
    let mut pace = tokio::time::interval(HEARTBEAT_INTERVAL);
    loop {
        pace.tick().await;
        // While there is no broker, nobody can hear it.
        let _ = connection.publish("ipc.service.heartbeat", None, None, &heartbeat);
    }
}

/// Answers every call.
struct Answering {
    connection: WeakConnection,
}

impl Subscriber for Answering {
    fn on_message(&mut self, message: Delivery<'_>) {
        if let (Some(connection), Some(reply)) = (self.connection.upgrade(), message.reply) {
            let answer = pack(&json!({"success": true, "result": "done"}));
            let _ = connection.publish(reply, None, None, &answer);
        }
    }
}

fn pack(body: &Value) -> Vec<u8> {
    rmp_serde::to_vec_named(body).expect("JSON is MessagePack")
}
