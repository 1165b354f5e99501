//! Many registered instances, for counting and measuring what each of them costs.

#![allow(dead_code, reason = "the tests and the benchmark each use a part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test and a benchmark fail"
)]

use std::time::Duration;

use aegis_core::{
    Config, ConnectionId, Credential, Effect, Event, MethodDeclaration, Part, Registration,
    RegistrationKind, Router, Vitals,
};
use aegis_types::{Incarnation, InstanceId, Instant, Lifecycle, MethodName, Safety, ServiceName};

/// The service they all offer.
pub(crate) const SERVICE: &str = "orders";

/// A heartbeat on its way.
pub(crate) struct Beat {
    id: String,
    token: u64,
    connection: ConnectionId,
}

/// A router that watches, and its instances.
pub(crate) struct Fleet {
    pub(crate) router: Router,
    pub(crate) now: Instant,
    /// The lease token of each.
    pub(crate) tokens: Vec<u64>,
    effects: Vec<Effect>,
}

const LIFE: Incarnation = Incarnation::from_bits(7);

impl Fleet {
    /// So many instances of one service, each vouched for by a connection of its own.
    pub(crate) fn of(size: usize) -> Fleet {
        Fleet::vouched(size, |at| ConnectionId(at as u64))
    }

    /// So many instances of one service; `vouches` says which connection vouches for which.
    pub(crate) fn vouched(size: usize, vouches: impl Fn(usize) -> ConnectionId) -> Fleet {
        let config = Config {
            registration_burst: usize::MAX,
            ..Config::default()
        };
        let mut fleet = Fleet {
            router: Router::new(config, [7; 32]),
            now: Instant::from_origin(Duration::from_secs(1)),
            tokens: Vec::with_capacity(size),
            effects: Vec::new(),
        };
        let methods = methods();
        for at in 0..size {
            fleet.register(&id(at), vouches(at), &methods);
        }
        fleet
    }

    fn register(&mut self, id: &str, connection: ConnectionId, methods: &[MethodDeclaration]) {
        let registration = Registration {
            service: ServiceName::parse(SERVICE).unwrap(),
            instance: InstanceId::parse(id).unwrap(),
            kind: RegistrationKind::Native {
                incarnation: LIFE,
                lifeline: true,
                methods,
                version: Some("1.4.2"),
            },
            part: Part::default(),
            heartbeat_interval: None,
            connection: Some(connection),
        };
        let event = Event::RegistrationReceived(registration);
        self.router.handle(self.now, event, &mut self.effects);
        // Its inbox answers at once: then it is welcome, and its registration is answered.
        let probed = self.effects.iter().find_map(|effect| match effect {
            Effect::Probe { instance } => Some(*instance),
            _ => None,
        });
        let instance = probed.expect("a welcome probe");
        let event = Event::ProbeAnswered { instance };
        self.router.handle(self.now, event, &mut self.effects);
        let token = self.effects.drain(..).find_map(|effect| match effect {
            Effect::AdmitRegistration { lease_token, .. } => Some(lease_token),
            _ => None,
        });
        self.tokens.push(token.expect("room for it"));
    }

    /// What one of them would send.
    pub(crate) fn beat_of(&self, at: usize) -> Beat {
        Beat {
            id: id(at),
            token: self.tokens[at],
            connection: ConnectionId(at as u64),
        }
    }

    /// A heartbeat came.
    pub(crate) fn beat(&mut self, beat: &Beat) {
        let event = Event::HeartbeatReceived {
            service: SERVICE,
            instance: &beat.id,
            credential: Credential::LeaseToken {
                token: beat.token,
                incarnation: LIFE,
            },
            lifecycle: Lifecycle::Serving,
            vitals: Vitals::default(),
            adopt: None,
            connection: Some(beat.connection),
        };
        self.router.handle(self.now, event, &mut self.effects);
        self.effects.clear();
    }

    /// One of them says goodbye.
    pub(crate) fn leave(&mut self, at: usize) {
        let event = Event::DeregistrationReceived {
            service: SERVICE,
            instance: &id(at),
            credential: Credential::LeaseToken {
                token: self.tokens[at],
                incarnation: LIFE,
            },
        };
        self.router.handle(self.now, event, &mut self.effects);
        self.effects.clear();
    }

    /// The next deadline comes at its instant, or now if it is past. Gives what must be done.
    pub(crate) fn deadline(&mut self) -> Vec<Effect> {
        let due = self.router.next_deadline().expect("a deadline");
        self.now = self.now.max(due);
        let mut effects = Vec::new();
        self.router
            .handle(self.now, Event::DeadlineReached, &mut effects);
        effects
    }
}

/// Ids of 24 bytes, as a host name and a number make them.
pub(crate) fn id(at: usize) -> String {
    format!("host-eu-west-1-i{at:08}")
}

fn methods() -> Vec<MethodDeclaration> {
    ["create_order", "cancel_order", "find_order", "list_orders"]
        .map(|name| MethodDeclaration {
            name: MethodName::parse(name).unwrap(),
            safety: Safety::Idempotent,
            attempt_timeout: Some(Duration::from_millis(500)),
        })
        .to_vec()
}
