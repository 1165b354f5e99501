use std::time::Duration;

use aegis_types::{Incarnation, Lifecycle, RetryWish, Safety};
use aegis_wire::admin::{
    InstanceEntry, InstanceList, ListRequest, Listing, OperatorReply, OperatorRequest, RouterEntry,
};
use aegis_wire::call::{Exclusions, Failure, InboxCall, InboxMessage, InstanceReply, RouteRequest};
use aegis_wire::event::{InstanceEvent, RouterEvent};
use aegis_wire::instance::{
    HeartbeatReply, HeartbeatRequest, LeaseToken, MethodDeclaration, NativeHeartbeat,
    NativeRegistration, RegisterRequest, Renewal, Role, SelfReport,
};
use aegis_wire::value::{Raw, Reader, Writer};
use proptest::option::of;
use proptest::prelude::*;

use super::naive::{Value, values};

fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    // Encoders append: what is there already stays.
    let mut out = b"before".to_vec();
    encode(&mut out);
    out.split_off(6)
}

fn wishes() -> impl Strategy<Value = RetryWish> {
    prop::sample::select(vec![
        RetryWish::Proof,
        RetryWish::Unknown,
        RetryWish::Failed,
    ])
}

proptest! {
    #[test]
    fn route_request(
        service in "[a-zA-Z0-9_.é-]{1,40}", method in "[a-z]{1,20}", params in values(3),
        texts in [of(".{0,40}"), of(".{0,40}"), of(".{0,40}"), of(".{0,300}")],
        excluded in prop::collection::vec("[a-z.]{0,12}", 0..20),
        millis in of(0u64..=300_000), attempt in of(1u64..=300_000),
        max_instances in of(1u8..=16), require_ack: bool, protocol: u8, retry in wishes(),
    ) {
        let params = params.encode(false);
        let excluded: Vec<&str> = excluded.iter().map(String::as_str).collect();
        let [trace_id, message_id, resource_id, caller] = &texts;
        let request = RouteRequest {
            timeout: millis.map(Duration::from_millis),
            trace_id: trace_id.as_deref(),
            message_id: message_id.as_deref(),
            resource_id: resource_id.as_deref(),
            excluded_instances: Exclusions::of(&excluded),
            require_ack,
            protocol: Some(protocol),
            max_instances,
            retry,
            attempt_timeout: attempt.map(Duration::from_millis),
            caller: caller.as_deref(),
            ..RouteRequest::new(&service, &method, Raw::new(&params).unwrap())
        };
        let bytes = encoded(|out| request.encode(out));
        prop_assert_eq!(RouteRequest::decode(&bytes), Ok(request));
    }

    #[test]
    fn inbox_call(
        texts in ["[a-z]{1,20}", ".{0,40}", ".{1,80}"], params in values(3),
        message_id in of(".{0,40}"), service in of("[a-z]{1,20}"), caller in of(".{0,40}"),
        attempt: u32, timeout_ms: Option<u64>, deadline_ms: Option<u64>, incarnation: Option<u64>,
    ) {
        let params = params.encode(false);
        let [method, trace_id, correlation_id] = &texts;
        let call = InboxCall {
            method,
            params: Raw::new(&params).unwrap(),
            trace_id,
            correlation_id,
            message_id: message_id.as_deref(),
            service_name: service.as_deref(),
            attempt,
            timeout_ms,
            deadline_ms,
            incarnation: incarnation.map(Incarnation::from_bits),
            caller: caller.as_deref(),
        };
        let bytes = encoded(|out| call.encode_native(out));
        prop_assert_eq!(InboxMessage::decode(&bytes), Ok(InboxMessage::Call(call)));
        let bytes = encoded(|out| call.encode_legacy(out));
        let legacy = InboxCall { attempt: 1, deadline_ms: None, incarnation: None, caller: None, ..call };
        prop_assert_eq!(InboxMessage::decode(&bytes), Ok(InboxMessage::Call(legacy)));
    }

    #[test]
    fn instance_failure(
        texts in [".{0,40}", ".{0,40}", ".{0,300}"], code: i64, retryable: bool,
        retry_after_ms: Option<u64>, incarnation: u64, refused: bool,
    ) {
        let [error_code, type_name, message] = &texts;
        let failure = Failure { error_code, type_name, code, message, retryable, retry_after_ms };
        let incarnation = Incarnation::from_bits(incarnation);
        let bytes = encoded(|out| if refused {
            failure.encode_refused(out, incarnation);
        } else {
            failure.encode(out, incarnation);
        });
        let reply = InstanceReply::decode(&bytes).unwrap();
        let info = reply.error_info();
        prop_assert!(!reply.success);
        prop_assert_eq!(reply.incarnation, Some(incarnation));
        prop_assert_eq!(info.error_code, Some(error_code.as_str()));
        prop_assert_eq!(info.type_name, Some(type_name.as_str()));
        prop_assert_eq!(info.message, Some(message.as_str()));
        prop_assert_eq!((info.code, info.retryable), (Some(code), Some(retryable)));
        prop_assert_eq!(info.retry_after_ms, retry_after_ms);
    }

    #[test]
    fn heartbeat(
        native in of((any::<u64>(), any::<u64>(), any::<u32>(), of(any::<u32>()), any::<bool>(), any::<u64>())),
        status in prop::sample::select(vec![SelfReport::Healthy, SelfReport::Degraded, SelfReport::Unhealthy]),
    ) {
        let request = HeartbeatRequest {
            service_name: "orders",
            instance_id: "orders-1",
            status,
            native: native.map(|(incarnation, token, in_flight, capacity, drains, lag_ms)| NativeHeartbeat {
                incarnation: Incarnation::from_bits(incarnation),
                lease_token: LeaseToken::from_bits(token),
                in_flight,
                capacity,
                lifecycle: if drains { Lifecycle::Draining } else { Lifecycle::Serving },
                lag_ms,
            }),
        };
        let bytes = encoded(|out| request.encode(out));
        prop_assert_eq!(HeartbeatRequest::decode(&bytes), Ok(request));
    }

    #[test]
    fn heartbeat_reply(ttl: u64, next: u64, now: u64, router in "[a-z0-9]{1,20}", micros: u64) {
        let reply = HeartbeatReply::Renewed(Renewal {
            lease_ttl_ms: ttl, next_interval_ms: next, router: &router, router_now_ms: now,
        });
        let native = encoded(|out| reply.encode_native(out));
        prop_assert_eq!(HeartbeatReply::decode(&native), Ok(reply));
        let legacy = encoded(|out| reply.encode_legacy(out, "orders", "orders-1", micros));
        prop_assert_eq!(HeartbeatReply::decode(&legacy), Ok(reply));
    }

    #[test]
    fn register(
        metadata in prop::collection::vec(("[a-z]{0,9}".prop_map(|key| Value::text(&key)), values(2)), 0..20),
        native in of((any::<u64>(), any::<u8>(), of(".{0,20}"), of(10u64..=300_000))),
        methods in prop::collection::vec(("[a-z]{1,20}", any::<bool>(), of(1u64..1_000_000)), 0..20),
        capabilities in prop::collection::vec("[a-z]{0,10}", 0..20),
        role in prop::sample::select(vec![None, Some(Role::Active), Some(Role::Standby)]),
    ) {
        let metadata = Value::Map(metadata).encode(false);
        prop_assume!(metadata.len() <= aegis_types::limits::MAX_METADATA_BYTES);
        let request = RegisterRequest {
            service_name: "orders",
            instance_id: "orders-1",
            role,
            metadata: Raw::new(&metadata).unwrap(),
            native: native.as_ref().map(|(incarnation, protocol, version, interval)| NativeRegistration {
                incarnation: Incarnation::from_bits(*incarnation),
                protocol: *protocol,
                version: version.as_deref(),
                methods: methods.iter().map(|(name, twice, timeout)| MethodDeclaration {
                    name,
                    safety: if *twice { Safety::Idempotent } else { Safety::AtMostOnce },
                    attempt_timeout: timeout.map(Duration::from_millis),
                }).collect(),
                heartbeat_interval: interval.map(Duration::from_millis),
                capabilities: capabilities.iter().map(String::as_str).collect(),
            }),
        };
        let bytes = encoded(|out| request.encode(out));
        prop_assert_eq!(RegisterRequest::decode(&bytes), Ok(request));
    }

    #[test]
    fn numbers_and_texts(uint: u64, int: i64, float in -1e300..1e300f64, text in ".{0,400}", count in 0usize..70_000) {
        let bytes = encoded(|out| {
            let mut writer = Writer::new(out);
            writer.uint(uint);
            writer.int(int);
            writer.float(float);
            writer.text(&text);
            writer.bin(text.as_bytes());
            writer.map(|map| (0..count).for_each(|_| map.key("k").nil()));
            writer.array(count);
            (0..count).for_each(|_| writer.nil());
        });
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.uint("f"), Ok(uint));
        let raw = reader.raw().unwrap();
        prop_assert_eq!(raw.as_int(), Some(int));
        prop_assert_eq!(reader.float("f"), Ok(float));
        prop_assert_eq!(reader.text("f"), Ok(text.as_str()));
        prop_assert_eq!(reader.bin("f"), Ok(text.as_bytes()));
        prop_assert_eq!(reader.clone().map("f"), Ok(count as u32));
        reader.skip().unwrap();
        prop_assert_eq!(reader.array("f"), Ok(count as u32));
    }

    #[test]
    fn list_request(texts in [of(".{0,20}"), of(".{0,20}"), of(".{0,20}")], limit in 1u16..=1000) {
        let [service, instance, after] = &texts;
        let request = ListRequest {
            service: service.as_deref(),
            instance: instance.as_deref(),
            after: after.as_deref(),
            limit,
        };
        let bytes = encoded(|out| request.encode(out));
        prop_assert_eq!(ListRequest::decode(&bytes), Ok(request));
    }

    #[test]
    fn operator(service in "[a-zA-Z0-9_.é-]{1,40}", instance in "[a-z0-9_-]{1,40}", note in of(".{0,80}")) {
        let request = OperatorRequest { service: &service, instance: &instance };
        let bytes = encoded(|out| request.encode(out));
        prop_assert_eq!(OperatorRequest::decode(&bytes), Ok(request));
        let reply = OperatorReply {
            success: true,
            service,
            instance,
            lifecycle: "draining".into(),
            health: "healthy".into(),
            note,
        };
        let bytes = encoded(|out| reply.encode(out).unwrap());
        prop_assert_eq!(OperatorReply::decode(&bytes).unwrap(), reply);
    }

    #[test]
    fn instance_event(
        names in ["[a-z0-9]{1,20}", "[a-z0-9]{1,20}"], incarnation: u64, from in of("[a-z]{1,9}"),
        words in ["[a-z]{1,9}", "[a-z_]{0,20}", ".{0,300}"], routable: bool,
    ) {
        let ([service, instance], [to, reason, evidence]) = (&names, &words);
        let event = InstanceEvent {
            service,
            instance,
            incarnation: Incarnation::from_bits(incarnation),
            from: from.as_deref(),
            to,
            reason,
            evidence,
            routable,
            at: "2026-11-21T22:50:23.000001Z",
        };
        let bytes = encoded(|out| event.encode(out));
        prop_assert_eq!(InstanceEvent::decode(&bytes), Ok(event));
    }

    #[test]
    fn router_event(router in "[a-z0-9]{1,20}", words in ["[a-z]{1,9}", "[a-z_]{0,20}", ".{0,300}"]) {
        let [what, reason, evidence] = &words;
        let at = "2026-11-21T22:50:23.000001Z";
        let event = RouterEvent { router: &router, what, reason, evidence, at };
        let bytes = encoded(|out| event.encode(out));
        prop_assert_eq!(RouterEvent::decode(&bytes), Ok(event));
    }
}

#[test]
fn a_full_page_fits_into_a_message() {
    let entry = InstanceEntry {
        service: "s".repeat(64),
        instance: "i".repeat(64),
        incarnation: u64::MAX,
        kind: "native".into(),
        health: "unhealthy".into(),
        reason: "connection_closed".into(),
        evidence: Some("e".repeat(100)),
        since_ms_ago: Some(u64::MAX),
        lifecycle: "draining".into(),
        operator: Some("drain".into()),
        routable: true,
        ejected_for_ms: u64::MAX,
        in_flight: u64::MAX,
        capacity: Some(u64::MAX),
        lag_ms: Some(u64::MAX),
        self_report: Some("unhealthy".into()),
        registered_at: "2026-11-21T22:50:23.000000Z".into(),
        last_heartbeat_ms_ago: u64::MAX,
        lease_ttl_ms: u64::MAX,
        heartbeat_interval_ms: u64::MAX,
        version: Some("1.2.3-alpha.4+build.5678".into()),
        role: Some("STANDBY".into()),
        resource_id: Some("u".repeat(64)),
    };
    let page = InstanceList {
        success: true,
        instances: vec![entry; 1000],
        next: Some("orders/orders-1".into()),
        router: Some(RouterEntry {
            id: "r".repeat(64),
            trust: "preserving".into(),
            since_ms_ago: u64::MAX,
        }),
    };
    let bytes = encoded(|out| page.encode(out).unwrap());
    assert!(bytes.len() < 1_048_576, "{} bytes", bytes.len());
    assert_eq!(InstanceList::decode(&bytes).unwrap(), page);
}
