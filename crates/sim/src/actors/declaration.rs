use std::time::Duration;

use aegis_session::lifeline::LeaseToken;
use aegis_types::{Incarnation, Lifecycle, SelfReport};
use aegis_wire::instance::{
    HeartbeatRequest, LeaseToken as WireToken, MethodDeclaration, NativeHeartbeat,
    NativeRegistration, NativeUnregister, RegisterRequest, UnregisterRequest,
};
use aegis_wire::value::Raw;
use aegis_wire::{PROTOCOL, Subjects};

use crate::plan::Service;

/// What a native instance says of itself, in bytes, and where.
pub(super) struct Declaration {
    pub(super) service: Service,
    pub(super) id: String,
    pub(super) incarnation: Incarnation,
    pub(super) subjects: Subjects,
}

/// What a heartbeat says about the moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pulse {
    pub(super) in_flight: usize,
    pub(super) capacity: Option<usize>,
    pub(super) lifecycle: Lifecycle,
    pub(super) report: SelfReport,
    pub(super) lag: Duration,
}

impl Declaration {
    pub(super) fn inbox(&self) -> String {
        let (service, id) = (&self.service.name, &self.id);
        self.subjects.inbox(service, id, self.incarnation)
    }

    pub(super) fn registration(&self, heartbeat: Duration) -> (String, Vec<u8>) {
        let methods = self.service.methods.iter().map(|method| MethodDeclaration {
            name: method.name,
            safety: method.safety,
            attempt_timeout: None,
        });
        let request = RegisterRequest {
            service_name: &self.service.name,
            instance_id: &self.id,
            role: None,
            metadata: Raw::EMPTY_MAP,
            native: Some(NativeRegistration {
                incarnation: self.incarnation,
                protocol: PROTOCOL,
                version: None,
                methods: methods.collect(),
                heartbeat_interval: Some(heartbeat),
                capabilities: vec!["lifeline"],
            }),
        };
        let mut body = Vec::new();
        request.encode(&mut body);
        (self.subjects.register(&self.service.name, &self.id), body)
    }

    pub(super) fn heartbeat(&self, token: LeaseToken, pulse: &Pulse) -> (String, Vec<u8>) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let request = HeartbeatRequest {
            service_name: &self.service.name,
            instance_id: &self.id,
            status: pulse.report,
            native: Some(NativeHeartbeat {
                incarnation: self.incarnation,
                lease_token: WireToken::from_bits(token.bits()),
                in_flight: count(pulse.in_flight),
                capacity: pulse.capacity.map(count),
                lifecycle: pulse.lifecycle,
                lag_ms: u64::try_from(pulse.lag.as_millis()).unwrap_or(u64::MAX),
            }),
        };
        let mut body = Vec::new();
        request.encode(&mut body);
        (self.subjects.heartbeat(&self.service.name, &self.id), body)
    }

    pub(super) fn deregistration(&self, token: LeaseToken) -> (String, Vec<u8>) {
        let request = UnregisterRequest {
            service_name: &self.service.name,
            instance_id: &self.id,
            native: Some(NativeUnregister {
                incarnation: self.incarnation,
                lease_token: WireToken::from_bits(token.bits()),
            }),
        };
        let mut body = Vec::new();
        request.encode(&mut body);
        let subject = self.subjects.unregister(&self.service.name, &self.id);
        (subject, body)
    }
}
