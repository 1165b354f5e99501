//! The committed vectors in `docs/reference/vectors`: what we write, byte for byte, and what peers of
//! the first AegisIPC send (made with the Python library they use), which we must read.

use std::time::Duration;

use aegis_types::{Incarnation, Lifecycle, Outcome, RetryWish, Safety};
use aegis_wire::admin::{
    InstanceEntry, InstanceList, ListRequest, Listing, MethodEntry, OperatorReply, OperatorRequest,
    RouterEntry, RouterInfo, ServiceEntry, ServiceList,
};
use aegis_wire::call::{
    AttemptReport, CallError, CallerKind, Exclusions, Failure, InboxCall, InstanceReply,
    ReplyEncoder, ReplyKind, ResourceContext, RouteRequest, encode_probe, encode_probe_ack,
};
use aegis_wire::event::{InstanceEvent, Presence, RouterEvent};
use aegis_wire::instance::{
    HeartbeatRefusal, HeartbeatReply, HeartbeatRequest, LeaseGrant, LeaseToken, MethodDeclaration,
    NativeHeartbeat, NativeRegistration, NativeUnregister, RegisterRequest, Registered, Renewal,
    Role, SelfReport, UnregisterRequest, encode_unregistered,
};
use aegis_wire::value::{Raw, ValueError};
use aegis_wire::{ErrorCode, Refusal, Zone, name_of_token, name_token, timestamp};

use super::folder::{given, write_or_compare, written};

const INCARNATION: Incarnation = Incarnation::mint(1_700_000_000_000, 7);
const TOKEN: LeaseToken = LeaseToken::from_bits(0x0123_4567_89ab_cdef);
const UNIX_MICROS: u64 = 1_795_301_423_000_001;
const ROUTER: &str = "r0a1b2c3";
/// `{"id": 7}`
const PARAMS: &[u8] = b"\x81\xa2id\x07";
const TRIED: [AttemptReport<'_>; 1] = [AttemptReport {
    instance: "orders-1",
    incarnation: INCARNATION,
    end: "connection_lost",
    after_ms: 12,
}];

fn params() -> Raw<'static> {
    Raw::new(PARAMS).unwrap()
}

#[test]
fn calls() {
    let request = RouteRequest {
        timeout: Some(Duration::from_millis(4_990)),
        trace_id: Some("trace_1"),
        message_id: Some("0193"),
        excluded_instances: Exclusions::of(&["orders-3"]),
        protocol: Some(1),
        max_instances: Some(2),
        retry: RetryWish::Failed,
        attempt_timeout: Some(Duration::from_millis(500)),
        caller: Some("web-1"),
        ..RouteRequest::new("orders", "get", params())
    };
    written("route_request", |out| request.encode(out));
    let call = InboxCall {
        method: "get",
        params: params(),
        trace_id: "trace_1",
        correlation_id: "r0a1b2c3.00000000000000000000000000000001",
        message_id: Some("0193"),
        service_name: Some("orders"),
        attempt: 2,
        timeout_ms: Some(4_980),
        deadline_ms: Some(123_456),
        incarnation: Some(INCARNATION),
        caller: Some("web-1"),
    };
    written("inbox_call", |out| call.encode_native(out));
    written("inbox_call_legacy", |out| call.encode_legacy(out));
    written("inbox_probe", |out| {
        encode_probe(out, "r0a1b2c3.2", INCARNATION);
    });
}

#[test]
fn replies_of_instances() {
    written("instance_reply_success", |out| {
        InstanceReply::encode_success(out, params(), INCARNATION);
    });
    let failure = Failure {
        retry_after_ms: Some(250),
        ..Failure::new(ErrorCode::Overloaded, "8 calls are being handled")
    };
    written("instance_reply_failure", |out| {
        failure.encode(out, INCARNATION);
    });
    written("instance_reply_refused", |out| {
        failure.encode_refused(out, INCARNATION);
    });
    written("instance_probe_ack", |out| {
        encode_probe_ack(out, INCARNATION);
    });
}

#[test]
fn replies_to_callers() {
    let reply = ReplyEncoder {
        trace_id: Some("trace_1"),
        message_id: Some("0193"),
        instance_id: Some("orders-2"),
        duration: Duration::from_micros(1_500),
        unix_micros: UNIX_MICROS,
        attempt: 2,
    };
    written("call_reply_success", |out| reply.success(out, params()));
    let first_try = ReplyEncoder {
        attempt: 1,
        message_id: None,
        trace_id: None,
        ..reply
    };
    written("call_reply_success_first_try", |out| {
        first_try.success(out, params());
    });
    let error = CallError {
        code: ErrorCode::OutcomeUnknown,
        message: "the connection of orders-1 was lost while it worked on the call",
        retryable: false,
        retry_after_ms: None,
        outcome: Outcome::Unknown,
        attempts: &TRIED,
        resource: None,
    };
    written("call_reply_outcome_unknown", |out| {
        reply.error(out, &error, CallerKind::Native);
    });
    let legacy = CallerKind::Legacy { require_ack: false };
    written("call_reply_outcome_unknown_legacy", |out| {
        reply.error(out, &error, legacy);
    });
    let nothing = CallError::not_run(ErrorCode::UnknownService, "service `ordres` is not known");
    let nobody = ReplyEncoder {
        instance_id: None,
        attempt: 0,
        ..reply
    };
    written("call_reply_unknown_service", |out| {
        nobody.error(out, &nothing, legacy);
    });
    let unowned = CallError {
        resource: Some(ResourceContext {
            resource_id: "user-1",
            service_name: "orders",
            owner_instance_id: None,
        }),
        ..CallError::not_run(ErrorCode::UnknownResource, "nobody owns resource `user-1`")
    };
    written("call_reply_unknown_resource_legacy", |out| {
        nobody.error(out, &unowned, legacy);
    });
    let shed = CallError {
        retry_after_ms: Some(100),
        ..CallError::not_run(
            ErrorCode::Overloaded,
            "4096 calls are in flight: limit `calls`",
        )
    };
    written("call_reply_overloaded", |out| {
        nobody.error(out, &shed, CallerKind::Native);
    });
    let failed = given("legacy_instance_reply_failure");
    let failed = InstanceReply::decode(&failed).unwrap();
    written("call_reply_passed_error", |out| {
        reply.passed_error(out, &failed, &TRIED);
    });
}

#[test]
fn registration() {
    let request = RegisterRequest {
        service_name: "orders",
        instance_id: "orders-1",
        role: None,
        metadata: Raw::EMPTY_MAP,
        native: Some(NativeRegistration {
            incarnation: INCARNATION,
            protocol: 1,
            version: Some("1.2.0"),
            methods: vec![
                MethodDeclaration {
                    name: "get",
                    safety: Safety::Idempotent,
                    attempt_timeout: Some(Duration::from_millis(500)),
                },
                MethodDeclaration {
                    name: "place",
                    safety: Safety::AtMostOnce,
                    attempt_timeout: None,
                },
            ],
            heartbeat_interval: Some(Duration::from_secs(5)),
            capabilities: vec!["lifeline"],
        }),
    };
    written("register", |out| request.encode(out));
    let grant = LeaseGrant {
        lease_ttl_ms: 30_000,
        lease_token: TOKEN,
        router: ROUTER,
        term: 0,
        protocol: 1,
        joining: false,
    };
    let registered = Registered {
        service_name: "orders",
        instance_id: "orders-1",
        role: Role::Standby,
        unix_micros: UNIX_MICROS,
        message: "orders-1 is registered as standby",
        grant: Some(grant),
    };
    written("register_reply", |out| registered.encode(out));
    let joining = Registered {
        grant: Some(LeaseGrant {
            joining: true,
            ..grant
        }),
        ..registered
    };
    written("register_reply_joining", |out| joining.encode(out));
    let legacy = Registered {
        grant: None,
        ..registered
    };
    written("register_reply_legacy", |out| legacy.encode(out));
    let refusal = Refusal {
        details: &[("service_name", "orders"), ("instance_id", "orders-1")],
        retry_after_ms: Some(30_000),
        ..Refusal::new(
            ErrorCode::DuplicateInstance,
            "orders-1 is registered and alive",
        )
    };
    written("register_reply_refused", |out| refusal.encode(out));
    let native = NativeUnregister {
        incarnation: INCARNATION,
        lease_token: TOKEN,
    };
    let unregister = UnregisterRequest {
        service_name: "orders",
        instance_id: "orders-1",
        native: Some(native),
    };
    written("unregister", |out| unregister.encode(out));
    written("unregister_reply", |out| {
        encode_unregistered(out, "orders", "orders-1", "deregistered");
    });
}

#[test]
fn heartbeats() {
    let heartbeat = HeartbeatRequest {
        service_name: "orders",
        instance_id: "orders-1",
        status: SelfReport::Degraded,
        native: Some(NativeHeartbeat {
            incarnation: INCARNATION,
            lease_token: TOKEN,
            in_flight: 3,
            capacity: Some(64),
            lifecycle: Lifecycle::Draining,
            lag_ms: 1_250,
        }),
    };
    written("heartbeat", |out| heartbeat.encode(out));
    let renewed = HeartbeatReply::Renewed(Renewal {
        lease_ttl_ms: 30_000,
        next_interval_ms: 5_000,
        router: ROUTER,
        router_now_ms: 123_456,
    });
    written("heartbeat_reply", |out| renewed.encode_native(out));
    written("heartbeat_reply_legacy", |out| {
        renewed.encode_legacy(out, "orders", "orders-1", UNIX_MICROS);
    });
    let unknown = HeartbeatRefusal::new(ErrorCode::UnknownInstance, "orders-1 is not registered");
    let unknown = HeartbeatReply::Refused(unknown);
    written("heartbeat_reply_refused", |out| unknown.encode_native(out));
    written("heartbeat_reply_refused_legacy", |out| {
        unknown.encode_legacy(out, "orders", "orders-1", UNIX_MICROS);
    });
}

#[test]
fn listings() {
    let request = ListRequest {
        service: Some("orders"),
        instance: None,
        after: Some("orders-1"),
        limit: 100,
    };
    written("admin_list_request", |out| request.encode(out));
    let one = ListRequest {
        instance: Some("orders-1"),
        after: None,
        ..request
    };
    written("admin_list_request_one_instance", |out| one.encode(out));
    let router = RouterEntry {
        id: ROUTER.into(),
        trust: "warming".into(),
        since_ms_ago: 1_200,
    };
    let services = ServiceList {
        success: true,
        services: vec![ServiceEntry {
            name: "orders".into(),
            instances: 4,
            joining: 1,
            healthy: 2,
            suspect: 0,
            unhealthy: 1,
            routable: Some(2),
            methods: vec![MethodEntry {
                name: "get".into(),
                safety: "idempotent".into(),
                attempt_timeout_ms: None,
            }],
            in_flight: 5,
            policy: Some("round_robin".into()),
            calls: 1_000,
            failed: 2,
            rerouted: 7,
            retry_budget_left: Some(93),
            panic: false,
        }],
        next: None,
        router: Some(router.clone()),
    };
    written("admin_service_list", |out| services.encode(out).unwrap());
    let instances = InstanceList {
        success: true,
        instances: vec![InstanceEntry {
            service: "orders".into(),
            instance: "orders-1".into(),
            incarnation: INCARNATION.bits(),
            kind: "native".into(),
            health: "healthy".into(),
            reason: "probe_answered".into(),
            evidence: Some("answered the welcome probe after 2 ms".into()),
            since_ms_ago: Some(60_000),
            lifecycle: "serving".into(),
            operator: None,
            routable: true,
            ejected_for_ms: 0,
            in_flight: 2,
            capacity: Some(64),
            lag_ms: Some(3),
            self_report: Some("healthy".into()),
            registered_at: "2026-11-21T22:50:23.000001Z".into(),
            last_heartbeat_ms_ago: 420,
            lease_ttl_ms: 30_000,
            heartbeat_interval_ms: 5_000,
            version: Some("1.2.0".into()),
            role: Some("ACTIVE".into()),
            resource_id: Some("user-1".into()),
        }],
        next: Some("orders-1".into()),
        router: Some(router),
    };
    written("admin_instance_list", |out| instances.encode(out).unwrap());
}

#[test]
fn a_router_of_itself() {
    let info = RouterInfo {
        success: true,
        id: ROUTER.into(),
        version: "0.1.0".into(),
        since_ms: 1_700_000_000_000,
        trust: "normal".into(),
        trust_since_ms_ago: 60_000,
        broker: RouterInfo::NATS.into(),
        evidence: RouterInfo::DISCONNECT_EVENTS.into(),
        store: Some("0f1e2d3c4b5a69788796a5b4c3d2e1f0".into()),
        clock_ms: 1_700_000_090_000,
        monotonic_ms: 90_000,
        services_known: 2,
        instances_known: 5,
        calls_in_flight: 1,
        max_payload: Some(1_048_576),
        prefix: "ipc".into(),
        heartbeat_interval_ms: 5_000,
        lease_ttl_ms: 30_000,
    };
    written("admin_router_info", |out| info.encode(out).unwrap());
}

#[test]
fn the_operators_word() {
    let request = OperatorRequest {
        service: "orders",
        instance: "orders-1",
    };
    written("admin_operator_request", |out| request.encode(out));
    let reply = OperatorReply {
        success: true,
        service: "orders".into(),
        instance: "orders-1".into(),
        lifecycle: "draining".into(),
        health: "healthy".into(),
        note: Some("kept in memory: a restart of the router forgets it".into()),
    };
    written("admin_operator_reply", |out| reply.encode(out).unwrap());
}

#[test]
fn events() {
    let at = timestamp(UNIX_MICROS, Zone::Z);
    let suspect = InstanceEvent {
        service: "orders",
        instance: "orders-1",
        incarnation: INCARNATION,
        from: Some("healthy"),
        to: "suspect",
        reason: "silent",
        evidence: "silent for 1810 ms",
        routable: true,
        at: &at,
    };
    written("event_instance", |out| suspect.encode(out));
    let new = InstanceEvent {
        from: None,
        to: "joining",
        reason: "registered",
        evidence: "registered",
        routable: false,
        ..suspect
    };
    written("event_instance_new", |out| new.encode(out));
    let preserving = RouterEvent {
        router: ROUTER,
        what: RouterEvent::PRESERVING,
        reason: "mass_silence",
        evidence: "25 of 30 instances would expire within 1000 ms",
        at: &at,
    };
    written("event_router", |out| preserving.encode(out));
    let other = |what, reason, evidence| RouterEvent {
        what,
        reason,
        evidence,
        ..preserving
    };
    let after = "after r9f8e7d6";
    let took_over = other(RouterEvent::SERVING, RouterEvent::TOOK_OVER, after);
    written("event_router_took_over", |out| took_over.encode(out));
    let handed_over = other(RouterEvent::SERVING, RouterEvent::HANDED_OVER, after);
    written("event_router_handed_over", |out| handed_over.encode(out));
    let silent = "0 of 30 live instances are silent";
    let regained = other(RouterEvent::WARMING, RouterEvent::BROKER_REGAINED, silent);
    written("event_router_broker_regained", |out| regained.encode(out));
    let presence = Presence {
        router: ROUTER,
        state: Presence::SERVING,
        since_ms: 1_700_000_000_000,
        store: "",
        host: "alpha",
        pid: 4_711,
        version: "0.1.0",
        sent_ms: 61_250,
    };
    written("presence", |out| presence.encode(out));
}

#[test]
fn legacy_instances_are_understood() {
    let body = given("legacy_register");
    let register = RegisterRequest::decode(&body).unwrap();
    assert_eq!(
        (register.service_name, register.instance_id),
        ("orders", "instance_1a2b3c4d")
    );
    assert_eq!(
        (register.role, register.native),
        (Some(Role::Standby), None)
    );
    let body = given("legacy_register_extras");
    let register = RegisterRequest::decode(&body).unwrap();
    assert_eq!(
        (register.service_name, register.instance_id),
        ("orders", "host.7")
    );
    assert_eq!((register.role, register.metadata.is_map()), (None, true));
    let body = given("legacy_unregister");
    let unregister = UnregisterRequest::decode(&body).unwrap();
    assert_eq!(
        (unregister.instance_id, unregister.native),
        ("instance_1a2b3c4d", None)
    );
    let body = given("legacy_heartbeat");
    let heartbeat = HeartbeatRequest::decode(&body).unwrap();
    assert_eq!(
        (heartbeat.status, heartbeat.native),
        (SelfReport::Healthy, None)
    );
}

#[test]
fn legacy_callers_are_understood() {
    let body = given("legacy_route_request");
    let request = RouteRequest::decode(&body).unwrap();
    let expected = RouteRequest {
        timeout: Some(Duration::from_secs(5)),
        trace_id: Some("trace_0123456789abcdef"),
        message_id: Some("0b5f6f0e-9a43-4c1d-8d6f-1c1f6f1f0a01"),
        ..RouteRequest::new("orders", "get", params())
    };
    assert_eq!(request, expected);
    assert_eq!(
        request.caller_kind(),
        CallerKind::Legacy { require_ack: false }
    );
    let body = given("legacy_route_request_all_keys");
    let request = RouteRequest::decode(&body).unwrap();
    assert_eq!(request.timeout, Some(Duration::from_secs(2)));
    assert_eq!((request.trace_id, request.message_id), (Some(""), None));
    assert_eq!(request.resource_id, Some("book-1"));
    let excluded: Vec<_> = request.excluded_instances.iter().collect();
    assert_eq!(excluded, ["instance_1a2b3c4d", "host.7"]);
    assert_eq!(
        request.caller_kind(),
        CallerKind::Legacy { require_ack: true }
    );
}

#[test]
fn legacy_services_are_understood() {
    let body = given("legacy_instance_reply_success");
    let reply = InstanceReply::decode(&body).unwrap();
    assert!(reply.success && reply.result.is_map());
    assert_eq!(
        (reply.kind, reply.instance_id),
        (ReplyKind::Reply, Some("instance_1a2b3c4d"))
    );
    let body = given("legacy_instance_reply_result_only");
    let reply = InstanceReply::decode(&body).unwrap();
    assert!(reply.success);
    assert_eq!(reply.result.bytes(), [0x93, 1, 2, 3]);
    let body = given("legacy_instance_reply_failure");
    let reply = InstanceReply::decode(&body).unwrap();
    let info = reply.error_info();
    assert!(!reply.success);
    assert_eq!((info.code, info.message), (Some(503), Some("out of stock")));
    let body = given("legacy_instance_reply_int_keys");
    let reply = InstanceReply::decode(&body).unwrap();
    let path = "result.orders[3]".to_owned();
    let error = reply.result.check_string_keys("result");
    assert_eq!(error, Err(ValueError::NonStringKey { path }));
}

/// Names and how they stand in event subjects.
#[test]
fn names_in_event_subjects() {
    let names = [
        "orders-1",
        "host.7",
        "Order book > 1",
        "*",
        "~nbxxg5bog4",
        "zürich",
        "\u{1f980}",
        &"x".repeat(65),
    ];
    let mut text = String::from("[\n");
    for (position, name) in names.iter().enumerate() {
        let token = name_token(name);
        assert_eq!(name_of_token(&token).as_deref(), Some(*name));
        let comma = if position > 0 { ",\n" } else { "" };
        let name = serde_json::to_string(name).unwrap();
        text.push_str(&format!(
            "{comma}  {{\"name\": {name}, \"token\": \"{token}\"}}"
        ));
    }
    text.push_str("\n]\n");
    write_or_compare("vectors/name_tokens.json", text.as_bytes());
}
