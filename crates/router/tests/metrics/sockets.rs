//! Rows of the table about the broker: a real router, and clients that misbehave on real sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use aegis_nats::codec::encode;
use aegis_nats::switch::SwitchLimits;
use aegis_router::{RouterConfig, RouterHandle};
use serde_json::json;

use crate::scrape::Scrape;
use crate::support::pack;
use crate::table::{Story, is, over};

/// How long anything may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);
const MAX_PAYLOAD: usize = 2_048;

pub(crate) fn all() -> Vec<Story> {
    vec![clients_of_all_kinds(), too_much_for_all_together()]
}

/// A client that speaks bytes.
struct Wire {
    stream: TcpStream,
    heard: String,
}

impl Wire {
    fn open(address: SocketAddr) -> Wire {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Wire {
            stream,
            heard: String::new(),
        }
    }

    /// One whose greetings are over.
    fn connected(address: SocketAddr) -> Wire {
        let mut wire = Wire::open(address);
        let options = br#"{"verbose":false,"headers":true,"no_responders":true,"protocol":1}"#;
        wire.say(|out| {
            encode::connect(out, options);
            encode::ping(out);
        });
        wire.hears("PONG\r\n");
        wire
    }

    fn say(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        self.stream.write_all(&bytes).unwrap();
    }

    fn publish(&mut self, subject: &str, reply: Option<&str>, body: &[u8]) {
        self.say(|out| encode::publish(out, subject, reply, None, body));
    }

    fn subscribe(&mut self, subject: &str) {
        self.say(|out| encode::subscribe(out, subject, None, subject));
    }

    /// Reads until this was there.
    fn hears(&mut self, text: &str) {
        let mut buffer = [0; 4_096];
        while !self.heard.contains(text) {
            let count = self.stream.read(&mut buffer).unwrap();
            assert!(count > 0, "closed before {text:?}: {:?}", self.heard);
            self.heard += &String::from_utf8_lossy(&buffer[..count]);
        }
        self.heard.clear();
    }
}

fn router(limits: SwitchLimits) -> RouterHandle {
    let mut config = RouterConfig::default();
    config.broker.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.broker.switch.limits = limits;
    RouterHandle::start(config).unwrap()
}

fn scrape(router: &RouterHandle) -> Scrape {
    Scrape::read(&router.metrics().scrape(true).unwrap())
}

/// Goes on until this limit has refused or cut off somebody.
fn until_reached(router: &RouterHandle, limit: &str, mut go_on: impl FnMut()) {
    let end = Instant::now() + PATIENCE;
    let count = || scrape(router).value("aegis_limit_reached_total", &[("limit", limit)]);
    assert_eq!(count(), Some(0.0), "{limit}: shown before it is reached");
    while count() == Some(0.0) {
        assert!(Instant::now() < end, "{limit} was not reached");
        go_on();
    }
}

/// So many messages of a kibibyte in one piece.
fn flood(wire: &mut Wire, subject: &str, count: usize) {
    let body = [b'x'; MAX_PAYLOAD / 2];
    wire.say(|out| {
        for _ in 0..count {
            encode::publish(out, subject, None, None, &body);
        }
        encode::ping(out);
    });
    wire.hears("PONG\r\n");
}

fn clients_of_all_kinds() -> Story {
    let mut limits = SwitchLimits {
        max_connections: 4,
        max_subscriptions: 2,
        max_pending: 64 * 1024,
        turn_budget: 8,
        ..SwitchLimits::default()
    };
    limits.protocol.max_payload = MAX_PAYLOAD;
    let router = router(limits);
    let address = router.addresses()[0];
    let mut good = Wire::connected(address);
    good.subscribe("_INBOX.good");
    good.subscribe("another");
    good.subscribe("one.too.many");
    good.hears("maximum subscriptions exceeded");
    good.publish("nobody.listens", Some("_INBOX.good"), b"");
    good.hears("503");
    // One in 64 heartbeats is timed, and the first is: this one is refused.
    let body = pack(&json!({"service_name": "sums", "instance_id": "two"}));
    good.publish("ipc.service.heartbeat", Some("_INBOX.good"), &body);
    good.hears("NOT_FOUND");

    let mut wrong = Wire::connected(address);
    wrong.say(|out| out.extend_from_slice(b"WHAT\r\n"));
    wrong.hears("Unknown Protocol Operation");
    let mut large = Wire::connected(address);
    large.publish("any", None, &[0; MAX_PAYLOAD + 1]);
    large.hears("Maximum Payload Violation");
    drop((wrong, large));

    let mut slow = Wire::connected(address);
    slow.subscribe("much");
    slow.say(encode::ping);
    slow.hears("PONG\r\n");
    until_reached(&router, "pending_bytes", || {
        flood(&mut good, "much", 256);
    });

    let mut crowd = Vec::new();
    until_reached(&router, "connections", || crowd.push(Wire::open(address)));
    crowd.pop().unwrap().hears("maximum connections exceeded");

    let limit = |name| is("aegis_limit_reached_total", &[("limit", name)], 1);
    let cut = |reason, count| {
        is(
            "aegis_broker_connections_cut_total",
            &[("reason", reason)],
            count,
        )
    };
    let handled = "ipc_heartbeat_processing_duration_seconds_count";
    let sums = ("service_name", "other");
    Story {
        scrape: scrape(&router),
        seen: vec![
            is("aegis_router_state", &[("state", "serving")], 1),
            is("aegis_broker_connected", &[], 1),
            is(
                "aegis_heartbeat_handling_seconds_count",
                &[("service", "other")],
                1,
            ),
            is(handled, &[sums, ("status", "failure")], 1),
            is(handled, &[sums, ("status", "success")], 0),
            is("aegis_broker_connections", &[], 4),
            over("aegis_broker_connections_opened_total", &[], 3),
            over(
                "aegis_broker_connections_refused_total",
                &[("reason", "limit")],
                0,
            ),
            is(
                "aegis_broker_connections_refused_total",
                &[("reason", "system")],
                0,
            ),
            cut("slow_consumer", 1),
            cut("memory", 0),
            cut("protocol_error", 2),
            over("aegis_broker_received_messages_total", &[], 256),
            over("aegis_broker_sent_messages_total", &[], 10),
            over("aegis_broker_received_bytes_total", &[], 100_000),
            over("aegis_broker_sent_bytes_total", &[], 10_000),
            is("aegis_broker_no_responders_total", &[], 1),
            is("aegis_broker_operations_refused_total", &[], 1),
            over("aegis_broker_budgets_spent_total", &[], 10),
            limit("subscriptions_per_connection"),
            limit("payload_bytes"),
            limit("pending_bytes"),
            over("aegis_limit_reached_total", &[("limit", "connections")], 0),
            is(
                "aegis_limit_reached_total",
                &[("limit", "pending_bytes_total")],
                0,
            ),
        ],
    }
}

/// Nobody is over its own limit, and all together are over theirs.
fn too_much_for_all_together() -> Story {
    let mut limits = SwitchLimits {
        max_pending: 256 * 1024,
        max_pending_total: 256 * 1024,
        ..SwitchLimits::default()
    };
    limits.protocol.max_payload = MAX_PAYLOAD;
    let router = router(limits);
    let address = router.addresses()[0];
    let mut good = Wire::connected(address);
    // The same waits for both, so that neither is over its own limit when they are over theirs.
    let slow = [(); 2].map(|()| {
        let mut slow = Wire::connected(address);
        slow.subscribe("much");
        slow.say(encode::ping);
        slow.hears("PONG\r\n");
        slow
    });
    until_reached(&router, "pending_bytes_total", || {
        flood(&mut good, "much", 32);
    });
    let limit = "aegis_limit_reached_total";
    let scrape = scrape(&router);
    drop(slow);
    Story {
        scrape,
        seen: vec![
            is(limit, &[("limit", "pending_bytes_total")], 1),
            is(limit, &[("limit", "pending_bytes")], 0),
            is(
                "aegis_broker_connections_cut_total",
                &[("reason", "memory")],
                1,
            ),
        ],
    }
}
