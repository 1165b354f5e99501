//! A driver in a real switch, and clients that speak bytes to it. No sockets: the virtual clock
//! makes every test take no time.

use std::collections::HashMap;
use std::time::Duration;

use aegis_core::Config;
use aegis_nats::codec::{Limits, ServerOp, ServerOpDecoder, encode};
use aegis_nats::switch::{Switch, SwitchConfig};
use aegis_nats::{ClosedBy, PeerId};
use aegis_router::{Driver, DriverOptions};
use aegis_types::Incarnation;
use aegis_wire::Subjects;
use aegis_wire::call::encode_probe_ack;
use serde_json::Value;

pub(crate) struct Bench {
    pub(crate) switch: Switch<Driver>,
    pub(crate) now: Duration,
    clients: HashMap<PeerId, Ear>,
}

/// What a client heard and has not looked at.
#[derive(Debug, Default)]
struct Ear {
    buffer: Vec<u8>,
    received: Vec<Received>,
}

/// A message that a client received.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) subject: String,
    pub(crate) reply: Option<String>,
    pub(crate) headers: String,
    pub(crate) payload: Vec<u8>,
}

impl Received {
    /// The body as JSON, integers and all.
    pub(crate) fn body(&self) -> Value {
        rmp_serde::from_slice(&self.payload).expect("a MessagePack map with string keys")
    }
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::with(Config::default())
    }

    pub(crate) fn with(config: Config) -> Bench {
        let driver = Driver::new(DriverOptions {
            config,
            subjects: Subjects::default(),
            seed: [7; 32],
            unix_micros_at_origin: 1_700_000_000_000_000,
        });
        let switch = Switch::new(SwitchConfig::default(), driver);
        Bench {
            switch,
            now: Duration::from_secs(1),
            clients: HashMap::new(),
        }
    }

    pub(crate) fn client(&mut self) -> PeerId {
        let id = self.switch.open(self.now).expect("room for a connection");
        self.clients.insert(id, Ear::default());
        let options = br#"{"verbose":false,"headers":true,"no_responders":true,"protocol":1}"#;
        self.send(id, |out| encode::connect(out, options));
        id
    }

    pub(crate) fn subscribe(&mut self, id: PeerId, subject: &str) {
        self.send(id, |out| encode::subscribe(out, subject, None, subject));
    }

    pub(crate) fn unsubscribe(&mut self, id: PeerId, subject: &str) {
        self.send(id, |out| encode::unsubscribe(out, subject, None));
    }

    pub(crate) fn publish(&mut self, id: PeerId, subject: &str, reply: Option<&str>, body: &[u8]) {
        self.send(id, |out| encode::publish(out, subject, reply, None, body));
    }

    /// Publishes a map and gives back the answer, which must be there at once.
    pub(crate) fn ask(&mut self, id: PeerId, subject: &str, body: &Value) -> Value {
        self.ask_raw(id, subject, &pack(body)).body()
    }

    pub(crate) fn ask_raw(&mut self, id: PeerId, subject: &str, body: &[u8]) -> Received {
        let inbox = format!("_INBOX.{}", id.0);
        self.subscribe(id, &inbox);
        self.publish(id, subject, Some(&inbox), body);
        let mut received = self.receive(id);
        assert_eq!(received.len(), 1, "exactly one answer: {received:?}");
        received.remove(0)
    }

    /// A native instance registers: its inbox is there, and answers the welcome probe.
    pub(crate) fn register_native(&mut self, id: PeerId, body: &Value) -> Value {
        self.begin_native(id, body);
        let probe = self.probe_of(id).expect("the welcome probe");
        self.answer_probe(id, &probe);
        let mut received = self.receive(id);
        assert_eq!(received.len(), 1, "exactly one answer: {received:?}");
        received.remove(0).body()
    }

    /// The same up to the probe: the answer to the registration comes on `_INBOX.<client>`.
    pub(crate) fn begin_native(&mut self, id: PeerId, body: &Value) {
        let text = |key: &str| body[key].as_str().expect("a name").to_owned();
        let (service, instance) = (text("service_name"), text("instance_id"));
        let inbox = format!("ipc.inbox.{service}.{instance}.{}", body["incarnation"]);
        self.subscribe(id, &inbox);
        let reply = format!("_INBOX.{}", id.0);
        self.subscribe(id, &reply);
        let subject = format!("ipc.service.register.{service}.{instance}");
        self.publish(id, &subject, Some(&reply), &pack(body));
    }

    /// The probe that a client received, and nothing else.
    pub(crate) fn probe_of(&mut self, id: PeerId) -> Option<Received> {
        let mut received = self.receive(id);
        assert!(received.len() <= 1, "only a probe: {received:?}");
        received.pop().inspect(|probe| {
            assert_eq!(probe.body()["kind"], "probe");
        })
    }

    pub(crate) fn answer_probe(&mut self, id: PeerId, probe: &Received) {
        let mut ack = Vec::new();
        let incarnation = probe.subject.rsplit('.').next().expect("a life");
        let incarnation = incarnation.parse().expect("a number");
        encode_probe_ack(&mut ack, Incarnation::from_bits(incarnation));
        let to = probe.reply.as_deref().expect("where to answer");
        self.publish(id, to, None, &ack);
    }

    fn send(&mut self, id: PeerId, write: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        self.switch.receive(self.now, id, &bytes);
        self.switch.local().check_invariants();
    }

    /// What a client received since it was last asked.
    pub(crate) fn receive(&mut self, id: PeerId) -> Vec<Received> {
        self.listen(id);
        let ear = self.clients.get_mut(&id).expect("a client");
        std::mem::take(&mut ear.received)
    }

    /// Reads what waits for a client, and answers pings as clients do.
    fn listen(&mut self, id: PeerId) {
        let ear = self.clients.get_mut(&id).expect("a client");
        let pending = self.switch.output(id).to_vec();
        self.switch.wrote(id, pending.len());
        ear.buffer.extend_from_slice(&pending);
        let mut decoder = ServerOpDecoder::new(Limits::default());
        let (mut consumed, mut pings) = (0, 0);
        while let Some((op, len)) = decoder
            .decode(&ear.buffer[consumed..])
            .expect("valid bytes")
        {
            consumed += len;
            match op {
                ServerOp::Ping => pings += 1,
                ServerOp::Message {
                    subject,
                    reply,
                    headers,
                    payload,
                    ..
                } => ear.received.push(Received {
                    subject: subject.to_owned(),
                    reply: reply.map(str::to_owned),
                    headers: String::from_utf8_lossy(headers.unwrap_or_default()).into_owned(),
                    payload: payload.to_vec(),
                }),
                _ => {}
            }
        }
        ear.buffer.drain(..consumed);
        for _ in 0..pings {
            self.send(id, encode::pong);
        }
    }

    pub(crate) fn close(&mut self, id: PeerId) {
        self.switch.closed(self.now, id, ClosedBy::Peer);
        self.switch.local().check_invariants();
    }

    /// Lets time pass and every deadline come at its instant.
    pub(crate) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.switch.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.switch.on_timer(self.now);
            self.switch.local().check_invariants();
            let clients: Vec<PeerId> = self.clients.keys().copied().collect();
            for client in clients {
                self.listen(client);
            }
        }
        self.now = end;
    }

    /// A service of the first AegisIPC: it subscribes to its inbox, then registers.
    pub(crate) fn legacy_service(&mut self, service: &str, instance: &str) -> PeerId {
        let id = self.client();
        self.subscribe(id, &format!("ipc.instance.{instance}.inbox"));
        let body = serde_json::json!({
            "service_name": service, "instance_id": instance, "role": "standby", "metadata": {}
        });
        let reply = self.ask(id, "ipc.service.register", &body);
        assert_eq!(reply["success"], true, "{reply}");
        id
    }
}

pub(crate) fn pack(body: &Value) -> Vec<u8> {
    rmp_serde::to_vec_named(body).expect("JSON is MessagePack")
}
