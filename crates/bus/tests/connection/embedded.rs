//! Against our own broker: it dies and comes back on the same port.

use std::net::SocketAddr;
use std::time::Duration;

use aegis_broker::{Broker, BrokerConfig, BrokerHandle};
use aegis_bus::{
    ConnectOptions, Connection, Delivery, PublishError, RequestError, ServerAddress, Subscriber,
    WeakConnection,
};
use aegis_nats::switch::NoLocalPeer;

use crate::scripted::{LONG, Recorder, Story, recorder, within};

/// Loopback, on a port of the kernel's choice.
const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

fn broker(listen: SocketAddr) -> BrokerHandle<NoLocalPeer> {
    let config = BrokerConfig {
        listen,
        ..BrokerConfig::default()
    };
    let broker = Broker::bind(config, NoLocalPeer::default()).unwrap();
    broker.spawn().unwrap()
}

fn options(broker: &BrokerHandle<NoLocalPeer>) -> ConnectOptions {
    ConnectOptions::new(vec![ServerAddress::from(broker.addresses()[0])])
}

/// Answers what has a reply subject, unless the body says not to; records everything.
struct Service {
    connection: WeakConnection,
    recorder: Recorder,
}

impl Subscriber for Service {
    fn on_message(&mut self, message: Delivery<'_>) {
        self.recorder.on_message(message);
        let (Some(reply), Some(connection)) = (message.reply, self.connection.upgrade()) else {
            return;
        };
        if message.payload != b"hold" {
            let sent = connection.publish(reply, None, message.headers, message.payload);
            sent.unwrap();
        }
    }

    fn on_ready(&mut self, first: bool) {
        self.recorder.on_ready(first);
    }

    fn on_lost(&mut self) {
        self.recorder.on_lost();
    }
}

async fn service(options: ConnectOptions) -> (Connection, Story) {
    let (recorder, mut story) = recorder();
    let connection = Connection::open_with(options, |connection| Service {
        connection,
        recorder,
    });
    connection.subscribe("svc", Some("group")).unwrap();
    assert_eq!(story.next().await, "ready first=true");
    (connection, story)
}

async fn caller(options: ConnectOptions) -> (Connection, Story) {
    let (recorder, mut story) = recorder();
    let connection = Connection::open(options, recorder);
    assert_eq!(story.next().await, "ready first=true");
    (connection, story)
}

#[tokio::test]
async fn requests_are_answered_or_reach_nobody() {
    let broker = broker(ANY);
    let (_service, _) = service(options(&broker)).await;
    let (caller, _) = caller(options(&broker)).await;
    let headers = Some(&b"NATS/1.0\r\na: b\r\n\r\n"[..]);
    let reply = within("a reply", caller.request("svc", headers, b"x", LONG)).await;
    let reply = reply.unwrap();
    assert_eq!(
        (reply.headers.as_deref(), &reply.payload[..]),
        (headers, &b"x"[..])
    );
    let nobody = within("a 503", caller.request("nobody", None, b"x", LONG)).await;
    assert_eq!(nobody, Err(RequestError::NoResponders));
    let requests: Vec<_> = (0..100)
        .map(|number: u32| {
            let caller = caller.clone();
            tokio::spawn(async move {
                let body = number.to_string();
                let reply = caller.request("svc", None, body.as_bytes(), LONG).await;
                assert_eq!(reply.unwrap().payload, body.as_bytes());
            })
        })
        .collect();
    for request in requests {
        within("a reply", request).await.unwrap();
    }
    assert_eq!(caller.requests_in_flight(), 0);
}

#[tokio::test]
async fn a_broker_that_stops_fails_requests_and_one_that_starts_finds_the_subscriptions() {
    let first = broker(ANY);
    let address = first.addresses()[0];
    let (service, mut served) = service(options(&first)).await;
    let (caller, mut called) = caller(options(&first)).await;
    let request = {
        let caller = caller.clone();
        tokio::spawn(async move { caller.request("svc", None, b"hold", LONG).await })
    };
    assert_eq!(served.next().await, "2 svc hold");

    drop(first);
    let lost = within("the loss", request).await.unwrap();
    assert_eq!(lost, Err(RequestError::ConnectionLost));
    assert_eq!(served.next().await, "lost");
    assert_eq!(called.next().await, "lost");
    let refused = caller.publish("svc", None, None, b"stale");
    assert_eq!(refused, Err(PublishError::NotConnected));

    let _second = broker(address);
    within("both", async {
        tokio::join!(service.ready(), caller.ready())
    })
    .await;
    let reply = within("a reply", caller.request("svc", None, b"fresh", LONG)).await;
    assert_eq!(&reply.unwrap().payload[..], b"fresh");
    assert_eq!(served.next().await, "ready first=false");
    assert_eq!(served.next().await, "2 svc fresh");
}

#[tokio::test]
async fn a_refused_command_costs_only_itself() {
    let broker = broker(ANY);
    let (caller, mut story) = caller(options(&broker)).await;
    caller.subscribe("a", None).unwrap();
    let published = caller.publish("a", None, Some(b"junk"), b"refused");
    published.unwrap();
    caller.publish("a", None, None, b"passed").unwrap();
    within("the flush", caller.flush(Duration::from_secs(10)))
        .await
        .unwrap();
    assert_eq!(story.next().await, "2 a passed");
}
