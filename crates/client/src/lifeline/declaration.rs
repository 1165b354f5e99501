use std::sync::Arc;
use std::time::Duration;

use aegis_session::lifeline::{Heartbeats, LeaseToken};
use aegis_types::Safety;
use aegis_wire::Subjects;
use aegis_wire::instance::{
    HeartbeatRequest, LeaseToken as WireToken, MethodDeclaration, NativeHeartbeat,
    NativeRegistration, NativeUnregister, RegisterRequest, SelfReport, UnregisterRequest,
};
use aegis_wire::value::Raw;

use crate::serve::{Identity, Service, Word};

/// Over this lag of the handlers' runtime, an instance calls itself degraded.
const DEGRADED_LAG: Duration = Duration::from_secs(1);

/// What a registration promises: the connection it came on is the lifeline of `semantics.md`.
const LIFELINE: &str = "lifeline";

/// What an instance tells the router about itself, and where.
pub(crate) struct Declaration {
    identity: Arc<Identity>,
    version: Option<String>,
    methods: Vec<(String, Safety)>,
    heartbeat_interval: Option<Duration>,
    pub(super) register_subject: String,
    pub(super) heartbeat_subject: String,
    pub(super) unregister_subject: String,
}

/// What a heartbeat says about the moment.
pub(super) struct Pulse {
    /// Requests taken: running, and waiting for a handler to end.
    pub(super) in_flight: usize,
    /// Requests it takes at a time: concurrency and queue. The router sends no more than that, and
    /// what it would send beyond is exactly what [`Admission`](aegis_session::admission::Admission)
    /// would refuse. Concurrency alone would leave the queue unused.
    pub(super) capacity: usize,
    pub(super) lag: Duration,
    pub(super) word: Word,
}

impl Pulse {
    /// The instance's own word, made worse by what is measured, never better.
    fn status(&self) -> SelfReport {
        match self.word.report {
            SelfReport::Healthy if self.lag > DEGRADED_LAG => SelfReport::Degraded,
            report => report,
        }
    }
}

impl Declaration {
    pub(crate) fn new(
        subjects: &Subjects,
        identity: &Arc<Identity>,
        service: &Service,
    ) -> Declaration {
        let (name, instance) = (identity.service.as_str(), identity.instance.as_str());
        Declaration {
            identity: Arc::clone(identity),
            version: service.version.clone(),
            methods: service
                .methods
                .iter()
                .map(|(name, method)| (name.clone(), method.safety))
                .collect(),
            heartbeat_interval: match service.heartbeats {
                Heartbeats::Every(interval) => Some(interval),
                Heartbeats::ByHand => None,
            },
            register_subject: subjects.register(name, instance),
            heartbeat_subject: subjects.heartbeat(name, instance),
            unregister_subject: subjects.unregister(name, instance),
        }
    }

    pub(super) fn service(&self) -> &str {
        self.identity.service.as_str()
    }

    pub(super) fn instance(&self) -> &str {
        self.identity.instance.as_str()
    }

    pub(super) fn registration(&self) -> Vec<u8> {
        let request = RegisterRequest {
            service_name: self.service(),
            instance_id: self.instance(),
            role: None,
            metadata: Raw::EMPTY_MAP,
            native: Some(NativeRegistration {
                incarnation: self.identity.incarnation,
                protocol: aegis_wire::PROTOCOL,
                version: self.version.as_deref(),
                methods: self
                    .methods
                    .iter()
                    .map(|(name, safety)| MethodDeclaration {
                        name,
                        safety: *safety,
                        attempt_timeout: None,
                    })
                    .collect(),
                heartbeat_interval: self.heartbeat_interval,
                capabilities: vec![LIFELINE],
            }),
        };
        let mut body = Vec::with_capacity(512);
        request.encode(&mut body);
        body
    }

    pub(super) fn heartbeat(&self, token: LeaseToken, pulse: &Pulse) -> Vec<u8> {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let request = HeartbeatRequest {
            service_name: self.service(),
            instance_id: self.instance(),
            status: pulse.status(),
            native: Some(NativeHeartbeat {
                incarnation: self.identity.incarnation,
                lease_token: WireToken::from_bits(token.bits()),
                in_flight: count(pulse.in_flight),
                capacity: Some(count(pulse.capacity)),
                lifecycle: pulse.word.lifecycle_now(),
                lag_ms: u64::try_from(pulse.lag.as_millis()).unwrap_or(u64::MAX),
            }),
        };
        let mut body = Vec::with_capacity(256);
        request.encode(&mut body);
        body
    }

    pub(super) fn deregistration(&self, token: LeaseToken) -> Vec<u8> {
        let request = UnregisterRequest {
            service_name: self.service(),
            instance_id: self.instance(),
            native: Some(NativeUnregister {
                incarnation: self.identity.incarnation,
                lease_token: WireToken::from_bits(token.bits()),
            }),
        };
        let mut body = Vec::with_capacity(128);
        request.encode(&mut body);
        body
    }
}
