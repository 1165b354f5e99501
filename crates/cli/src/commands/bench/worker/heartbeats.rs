//! Registrations and heartbeats as instances write them.

use std::time::Duration;

use aegis_types::{Incarnation, Lifecycle, Safety, SelfReport};
use aegis_wire::Subjects;
use aegis_wire::call::{InboxMessage, encode_probe_ack};
use aegis_wire::instance::{
    HeartbeatRequest, LeaseToken, MethodDeclaration, NativeHeartbeat, NativeRegistration,
    RegisterReply, RegisterRequest,
};
use aegis_wire::value::{Raw, Writer};
use anyhow::bail;

/// The life of every instance here: they have one each.
const INCARNATION: Incarnation = Incarnation::from_bits(1 << 20);

/// A native registration of an instance with two methods.
pub(super) fn registration(service: &str, instance: &str, interval: Duration) -> Vec<u8> {
    let methods = ["echo", "status"].map(|name| MethodDeclaration {
        name,
        safety: Safety::Idempotent,
        attempt_timeout: None,
    });
    let mut body = Vec::new();
    RegisterRequest {
        service_name: service,
        instance_id: instance,
        role: None,
        metadata: Raw::EMPTY_MAP,
        native: Some(NativeRegistration {
            incarnation: INCARNATION,
            protocol: aegis_wire::PROTOCOL,
            version: None,
            methods: methods.to_vec(),
            heartbeat_interval: Some(interval),
            capabilities: vec!["lifeline"],
        }),
    }
    .encode(&mut body);
    body
}

/// Where one of these instances receives.
pub(super) fn inbox(subjects: &Subjects, service: &str, instance: &str) -> String {
    subjects.inbox(service, instance, INCARNATION)
}

/// The answer to a message that came to an inbox, if it is a probe: without it a registration is
/// answered late.
pub(super) fn probe_answer(message: &[u8]) -> Option<Vec<u8>> {
    let Ok(InboxMessage::Probe { .. }) = InboxMessage::decode(message) else {
        return None;
    };
    let mut answer = Vec::new();
    encode_probe_ack(&mut answer, INCARNATION);
    Some(answer)
}

/// The token of a registration that was granted.
pub(super) fn granted(reply: &[u8]) -> anyhow::Result<LeaseToken> {
    match RegisterReply::decode(reply)? {
        RegisterReply::Granted(grant) => Ok(grant.lease_token),
        RegisterReply::Refused(refusal) => bail!("a registration was refused: {refusal:?}"),
    }
}

/// A heartbeat of a native instance.
pub(super) fn native_heartbeat(service: &str, instance: &str, lease_token: LeaseToken) -> Vec<u8> {
    let mut body = Vec::new();
    HeartbeatRequest {
        service_name: service,
        instance_id: instance,
        status: SelfReport::Healthy,
        native: Some(NativeHeartbeat {
            incarnation: INCARNATION,
            lease_token,
            in_flight: 0,
            capacity: Some(64),
            lifecycle: Lifecycle::Serving,
            lag_ms: 0,
        }),
    }
    .encode(&mut body);
    body
}

/// A registration as the first AegisIPC writes it.
pub(super) fn legacy_registration(service: &str, instance: &str) -> Vec<u8> {
    let mut body = Vec::new();
    RegisterRequest {
        service_name: service,
        instance_id: instance,
        role: None,
        metadata: Raw::EMPTY_MAP,
        native: None,
    }
    .encode(&mut body);
    body
}

/// A heartbeat as the first AegisIPC writes it, with the keys that say nothing we use.
pub(super) fn legacy_heartbeat(service: &str, instance: &str) -> Vec<u8> {
    let mut body = Vec::new();
    Writer::new(&mut body).map(|map| {
        map.key("service_name").text(service);
        map.key("instance_id").text(instance);
        map.key("status").text("healthy");
        map.key("timestamp")
            .text("2026-01-01T00:00:00.000000+00:00");
        map.key("metadata").raw(Raw::EMPTY_MAP);
    });
    body
}
