//! Many native instances that speak bytes to a driver in a real switch.

#![allow(dead_code, reason = "the tests and the benchmark each use a part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test and a benchmark fail"
)]

use std::time::Duration;

use aegis_core::Config;
use aegis_nats::codec::{Limits, ServerOp, ServerOpDecoder, encode};
use aegis_nats::switch::{Switch, SwitchConfig, SwitchLimits};
use aegis_nats::{LocalPeer, PeerId};
use aegis_router::{Driver, DriverOptions};
use aegis_types::{Incarnation, Lifecycle, Safety, SelfReport};
use aegis_wire::Subjects;
use aegis_wire::call::encode_probe_ack;
use aegis_wire::instance::{
    HeartbeatRequest, LeaseToken, MethodDeclaration, NativeHeartbeat, NativeRegistration,
    RegisterReply, RegisterRequest,
};
use aegis_wire::value::Raw;

/// The service they all offer.
pub(crate) const SERVICE: &str = "orders";
const LIFE: Incarnation = Incarnation::from_bits(7);
const CONNECT: &[u8] = br#"{"verbose":false,"headers":true,"no_responders":true,"protocol":1}"#;

/// A driver in a switch, and who registered there.
pub(crate) struct Crowd {
    pub(crate) switch: Switch<Driver>,
    pub(crate) now: Duration,
    /// Connection and lease token of each.
    pub(crate) members: Vec<(PeerId, LeaseToken)>,
    /// The one connection that listens to the inboxes of all.
    inboxes: PeerId,
}

impl Crowd {
    pub(crate) fn new() -> Crowd {
        let driver = Driver::new(DriverOptions {
            config: Config {
                registration_burst: usize::MAX,
                ..Config::default()
            },
            subjects: Subjects::default(),
            seed: [7; 32],
            unix_micros_at_origin: 1_700_000_000_000_000,
        });
        let config = SwitchConfig {
            limits: SwitchLimits {
                max_connections: usize::MAX,
                ..SwitchLimits::default()
            },
            // Nobody here answers pings.
            ping_interval: Duration::MAX,
            ..SwitchConfig::default()
        };
        let now = Duration::from_secs(1);
        let mut switch = Switch::new(config, driver);
        let inboxes = switch.open(now).expect("room for it");
        let mut bytes = Vec::new();
        encode::connect(&mut bytes, CONNECT);
        encode::subscribe(&mut bytes, "ipc.inbox.*.*.*", None, "1");
        switch.receive(now, inboxes, &bytes);
        let mut crowd = Crowd {
            switch,
            now,
            members: Vec::new(),
            inboxes,
        };
        crowd.forget_output(inboxes);
        crowd
    }

    /// A connection that listens to this inbox for answers: `_INBOX.3` for those of instance 3.
    pub(crate) fn connect(&mut self, inbox: &str) -> PeerId {
        let id = self.switch.open(self.now).expect("room for it");
        let mut bytes = Vec::new();
        encode::connect(&mut bytes, CONNECT);
        encode::subscribe(&mut bytes, inbox, None, "1");
        self.switch.receive(self.now, id, &bytes);
        self.forget_output(id);
        id
    }

    /// Registers one on a connection, answer and all.
    pub(crate) fn register(&mut self, connection: PeerId, bytes: &[u8]) {
        self.switch.receive(self.now, connection, bytes);
        self.answer_probe();
        let token = granted(self.switch.output(connection));
        self.forget_output(connection);
        self.members.push((connection, token));
    }

    /// The inbox of whoever just registered answers its welcome probe.
    fn answer_probe(&mut self) {
        let mut decoder = ServerOpDecoder::new(Limits::default());
        let probe = self.switch.output(self.inboxes);
        let mut bytes = Vec::new();
        if let Ok(Some((
            ServerOp::Message {
                reply: Some(reply), ..
            },
            _,
        ))) = decoder.decode(probe)
        {
            bytes = probe_answer(reply);
        }
        self.forget_output(self.inboxes);
        self.switch.receive(self.now, self.inboxes, &bytes);
    }

    pub(crate) fn forget_output(&mut self, id: PeerId) {
        let len = self.switch.output(id).len();
        self.switch.wrote(id, len);
    }

    /// A heartbeat of a member without a reply subject, appended to `out`.
    pub(crate) fn push_heartbeat(&self, out: &mut Vec<u8>, at: usize) {
        let id = id(at);
        let mut body = Vec::new();
        HeartbeatRequest {
            service_name: SERVICE,
            instance_id: &id,
            status: SelfReport::Healthy,
            native: Some(NativeHeartbeat {
                incarnation: LIFE,
                lease_token: self.members[at].1,
                in_flight: 3,
                capacity: Some(256),
                lifecycle: Lifecycle::Serving,
                lag_ms: 0,
            }),
        }
        .encode(&mut body);
        let subject = Subjects::default().heartbeat(SERVICE, &id);
        encode::publish(out, &subject, None, None, &body);
    }

    /// The next deadline comes at its instant, or now if it is past. Says whether there was one.
    pub(crate) fn deadline(&mut self) -> bool {
        let Some(due) = self.switch.local().next_deadline() else {
            return false;
        };
        self.now = self.now.max(due);
        self.switch.on_timer(self.now);
        true
    }
}

/// The answer of an inbox to its probe, as bytes.
pub(crate) fn probe_answer(reply: &str) -> Vec<u8> {
    let mut body = Vec::new();
    encode_probe_ack(&mut body, LIFE);
    let mut out = Vec::new();
    encode::publish(&mut out, reply, None, None, &body);
    out
}

fn granted(bytes: &[u8]) -> LeaseToken {
    let mut decoder = ServerOpDecoder::new(Limits::default());
    let op = decoder.decode(bytes).expect("valid bytes");
    let Some((ServerOp::Message { payload, .. }, _)) = op else {
        panic!("no answer: {op:?}");
    };
    match RegisterReply::decode(payload) {
        Ok(RegisterReply::Granted(grant)) => grant.lease_token,
        other => panic!("not registered: {other:?}"),
    }
}

/// Ids of 24 bytes, as a host name and a number make them.
pub(crate) fn id(at: usize) -> String {
    format!("host-eu-west-1-i{at:08}")
}

/// Where one of them wants its answers.
pub(crate) fn inbox(at: usize) -> String {
    format!("_INBOX.{at}")
}

/// A registration with four methods, as bytes.
pub(crate) fn registration(at: usize) -> Vec<u8> {
    let id = id(at);
    let methods = ["create_order", "cancel_order", "find_order", "list_orders"].map(|name| {
        MethodDeclaration {
            name,
            safety: Safety::Idempotent,
            attempt_timeout: Some(Duration::from_millis(500)),
        }
    });
    let mut body = Vec::new();
    RegisterRequest {
        service_name: SERVICE,
        instance_id: &id,
        role: None,
        metadata: Raw::EMPTY_MAP,
        native: Some(NativeRegistration {
            incarnation: LIFE,
            protocol: 1,
            version: Some("1.4.2"),
            methods: methods.to_vec(),
            heartbeat_interval: None,
            capabilities: vec!["lifeline"],
        }),
    }
    .encode(&mut body);
    let subject = Subjects::default().register(SERVICE, &id);
    let mut out = Vec::new();
    encode::publish(&mut out, &subject, Some(&inbox(at)), None, &body);
    out
}
