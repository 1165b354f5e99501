use aegis_types::Incarnation;

use super::*;
use crate::value::{MapWriter, Raw, ValueError, Writer};
use crate::{ErrorCode, Refusal};

fn message(entries: impl FnOnce(&mut MapWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    Writer::new(&mut out).map(|map| {
        map.key("service_name").text("orders");
        map.key("instance_id").text("host.7");
        entries(map);
    });
    out
}

fn register_error(entries: impl FnOnce(&mut MapWriter<'_>)) -> String {
    let body = message(entries);
    RegisterRequest::decode(&body).unwrap_err().to_string()
}

#[test]
fn names_of_native_instances_are_strict() {
    let native = |map: &mut MapWriter<'_>| map.key("incarnation").uint(1);
    let field = "instance_id";
    let strict = ValueError::NotAStrictToken { field };
    let body = message(native);
    assert_eq!(RegisterRequest::decode(&body), Err(strict.clone()));
    assert_eq!(HeartbeatRequest::decode(&body), Err(strict.clone()));
    assert_eq!(UnregisterRequest::decode(&body), Err(strict));
    // Those of legacy instances need only be legal in a subject.
    let body = message(|_| {});
    assert_eq!(
        RegisterRequest::decode(&body).unwrap().instance_id,
        "host.7"
    );
    assert_eq!(
        register_error(|m| m.key("instance_id").text("a b")),
        "field `instance_id` must not contain white space, since it becomes part of a subject"
    );
    assert_eq!(
        register_error(|m| m.key("service_name").text("a\0b")),
        "field `service_name` must not contain control characters"
    );
}

#[test]
fn registrations_are_checked() {
    assert_eq!(
        register_error(|m| m.key("role").text("ACTIVE")),
        "field `role` must be `active` or `standby`"
    );
    assert_eq!(
        register_error(|m| m.key("metadata").nil()),
        "field `metadata` must be a map"
    );
    for bad in [9, 300_001] {
        let error = register_error(|m| m.key("heartbeat_interval_ms").uint(bad));
        assert_eq!(
            error,
            "field `heartbeat_interval_ms` must be 10 to 300000 milliseconds"
        );
    }
    let methods = |count: usize| {
        move |map: &mut MapWriter<'_>| {
            let mut list = map.key("methods");
            list.array(count);
            (0..count).for_each(|_| list.map(|m| m.key("name").text("get")));
        }
    };
    assert_eq!(
        register_error(methods(257)),
        "field `methods` has more than 256 entries"
    );
    assert!(RegisterRequest::decode(&message(methods(256))).is_ok());
    let method = |entries: fn(&mut MapWriter<'_>)| {
        register_error(|map| {
            let mut list = map.key("methods");
            list.array(1);
            list.map(entries);
        })
    };
    assert_eq!(method(|_| {}), "field `methods.name` is missing");
    assert_eq!(
        method(|m| m.key("safety").text("once")),
        "field `methods.safety` must be `at_most_once` or `idempotent`"
    );
}

#[test]
fn what_a_native_instance_says_needs_its_token() {
    let body = message(|map| {
        map.key("instance_id").text("orders-1");
        map.key("incarnation").uint(1);
    });
    let missing = ValueError::MissingField {
        field: "lease_token",
    };
    assert_eq!(HeartbeatRequest::decode(&body), Err(missing.clone()));
    assert_eq!(UnregisterRequest::decode(&body), Err(missing));
}

#[test]
fn heartbeat_words() {
    for (key, allowed) in [
        (
            "status",
            "field `status` must be `healthy`, `degraded` or `unhealthy`",
        ),
        (
            "lifecycle",
            "field `lifecycle` must be `serving` or `draining`",
        ),
    ] {
        let body = message(|map| map.key(key).text("fine"));
        assert_eq!(
            HeartbeatRequest::decode(&body).unwrap_err().to_string(),
            allowed
        );
    }
}

#[test]
fn tokens_are_not_printed() {
    let token = LeaseToken::from_bits(123_456_789);
    assert!(!format!("{token:?}").contains("123"));
    let native = NativeUnregister {
        incarnation: Incarnation::from_bits(1),
        lease_token: token,
    };
    assert!(!format!("{native:?}").contains("123"));
}

#[test]
fn a_registration_is_granted_or_refused() {
    let grant = LeaseGrant {
        lease_ttl_ms: 30_000,
        lease_token: LeaseToken::from_bits(u64::MAX),
        router: "r1",
        term: 3,
        protocol: 1,
        joining: true,
    };
    let registered = Registered {
        service_name: "orders",
        instance_id: "orders-1",
        role: Role::Active,
        unix_micros: 1,
        message: "hello",
        grant: Some(grant),
    };
    let mut out = Vec::new();
    registered.encode(&mut out);
    assert_eq!(
        RegisterReply::decode(&out),
        Ok(RegisterReply::Granted(grant))
    );

    let mut out = Vec::new();
    let refusal = Refusal {
        retry_after_ms: Some(9),
        ..Refusal::new(ErrorCode::DuplicateInstance, "taken")
    };
    refusal.encode(&mut out);
    let Ok(RegisterReply::Refused(info)) = RegisterReply::decode(&out) else {
        panic!("a refusal");
    };
    assert_eq!(info.known_code(), Some(ErrorCode::DuplicateInstance));
    assert_eq!((info.message, info.retryable), ("taken", true));
    assert_eq!(
        (info.retry_after_ms, info.hint),
        (Some(9), ErrorCode::DuplicateInstance.hint())
    );
    assert_eq!(
        UnregisterReply::decode(&out),
        Ok(UnregisterReply::Refused(info))
    );
}

#[test]
fn a_leave_is_done() {
    let mut out = Vec::new();
    encode_unregistered(&mut out, "orders", "orders-1", "deregistered");
    assert_eq!(UnregisterReply::decode(&out), Ok(UnregisterReply::Done));
}

#[test]
fn a_refused_heartbeat_says_why() {
    let refusal = HeartbeatRefusal::new(ErrorCode::StaleIncarnation, "the clock stepped back");
    let reply = HeartbeatReply::Refused(refusal);
    let mut out = Vec::new();
    reply.encode_legacy(&mut out, "orders", "orders-1", 0);
    assert_eq!(HeartbeatReply::decode(&out), Ok(reply));
    assert_eq!(refusal.known_code(), Some(ErrorCode::StaleIncarnation));
    // An answer without the one key that decides is none.
    let missing = ValueError::MissingField { field: "success" };
    assert_eq!(HeartbeatReply::decode(Raw::EMPTY_MAP.bytes()), Err(missing));
}
