//! Calls through a driver in a real switch, without sockets: what callgrind counts per call.
//!
//!     valgrind --tool=callgrind --toggle-collect='*Switch*::receive_within' \
//!         --toggle-collect='*metrics::render::render' --toggle-collect='*Snapshot::of' BINARY [watched]
//!
//! counts what the router and its broker's switch do, and nothing of this program. `watched`: with
//! logs at info, and a scrape for every so many calls as come in a second.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark shows what it did and may fail"
)]

use std::time::Duration;

use aegis_broker::BrokerStatus;
use aegis_core::Config;
use aegis_nats::PeerId;
use aegis_nats::codec::{Limits, ServerOp, ServerOpDecoder, encode};
use aegis_nats::switch::{Switch, SwitchConfig};
use aegis_router::metrics::{HostNumbers, render};
use aegis_router::{Driver, DriverOptions};
use aegis_wire::Subjects;
use serde_json::json;

const NOW: Duration = Duration::from_secs(1);
const CALLS: usize = 20_000;
/// Calls in the second between two scrapes; at full load there are twice as many.
const CALLS_PER_SCRAPE: usize = 20_000;
const INSTANCES: usize = 3;

fn main() {
    let watched = std::env::args().any(|word| word == "watched");
    if watched {
        // As `aegis router` logs, to nowhere: writing is another thread's work there.
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_writer(std::io::sink)
            .init();
    }
    let driver = Driver::new(DriverOptions {
        config: Config::default(),
        subjects: Subjects::default(),
        seed: [7; 32],
        unix_micros_at_origin: 0,
    });
    let mut switch = Switch::new(SwitchConfig::default(), driver);
    let service = open(&mut switch, "ipc.instance.*.inbox");
    for at in 0..INSTANCES {
        let body = json!({"service_name": "sums", "instance_id": format!("instance_{at}"),
            "role": "standby", "metadata": {}});
        send(
            &mut switch,
            service,
            "ipc.service.register",
            Some("_INBOX.x"),
            &body,
        );
    }
    let caller = open(&mut switch, "_INBOX.caller");
    let body = json!({"service_name": "sums", "method": "sum", "params": {"a": 1}, "timeout": 5.0,
        "trace_id": "trace", "message_id": "6f1b2c3d-0000-4000-8000-000000000001"});
    let answer = json!({"success": true, "result": 3});
    let (mut answered, mut scraped) = (0, 0);
    for call in 0..CALLS {
        if watched && call % CALLS_PER_SCRAPE == 0 {
            let snapshot = switch.local().snapshot(NOW);
            scraped += render(
                snapshot,
                HostNumbers::Embedded(BrokerStatus::default()),
                false,
            )
            .len();
        }
        send(
            &mut switch,
            caller,
            "ipc.route.request",
            Some("_INBOX.caller"),
            &body,
        );
        let reply = reply_subject(&mut switch, service).unwrap();
        send(&mut switch, service, &reply, None, &answer);
        answered += usize::from(forget(&mut switch, caller) > 0);
    }
    println!("{answered} of {CALLS} answered, {scraped} bytes of numbers");
}

fn open(switch: &mut Switch<Driver>, subject: &str) -> PeerId {
    let id = switch.open(NOW).unwrap();
    let mut bytes = Vec::new();
    let options = br#"{"verbose":false,"headers":true,"no_responders":true,"protocol":1}"#;
    encode::connect(&mut bytes, options);
    encode::subscribe(&mut bytes, subject, None, "1");
    switch.receive(NOW, id, &bytes);
    forget(switch, id);
    id
}

fn send(
    switch: &mut Switch<Driver>,
    from: PeerId,
    subject: &str,
    reply: Option<&str>,
    body: &serde_json::Value,
) {
    let mut bytes = Vec::new();
    let payload = rmp_serde::to_vec_named(body).unwrap();
    encode::publish(&mut bytes, subject, reply, None, &payload);
    switch.receive(NOW, from, &bytes);
}

fn forget(switch: &mut Switch<Driver>, id: PeerId) -> usize {
    let len = switch.output(id).len();
    switch.wrote(id, len);
    len
}

fn reply_subject(switch: &mut Switch<Driver>, id: PeerId) -> Option<String> {
    let mut decoder = ServerOpDecoder::new(Limits::default());
    let op = decoder.decode(switch.output(id)).unwrap();
    let reply = match op {
        Some((ServerOp::Message { reply, .. }, _)) => reply.map(str::to_owned),
        _ => None,
    };
    forget(switch, id);
    reply
}
