use aegis_types::is_strict_token;
use aegis_types::limits::MAX_VALUE_DEPTH;
use aegis_wire::admin::{
    InstanceList, ListRequest, Listing, OperatorReply, OperatorRequest, ServiceList,
};
use aegis_wire::call::{CallReply, Echo, ErrorInfo, InboxMessage, InstanceReply, RouteRequest};
use aegis_wire::event::{InstanceEvent, RouterEvent};
use aegis_wire::instance::{
    HeartbeatReply, HeartbeatRequest, RegisterReply, RegisterRequest, UnregisterReply,
    UnregisterRequest,
};
use aegis_wire::value::{Raw, Reader, ValueError};
use aegis_wire::{Inbound, Subjects, name_of_token, name_token};
use proptest::prelude::*;

use super::naive::{Value, parse, values};

/// Every reader of this crate, on one input. What they answer is checked elsewhere.
fn read_as_everything(bytes: &[u8]) {
    if let Ok(request) = RouteRequest::decode(bytes) {
        assert_eq!(
            request.excluded_instances.iter().count(),
            request.excluded_instances.len()
        );
    }
    if let Ok(reply) = InstanceReply::decode(bytes) {
        let _ = reply.error_info().attempts().count();
        let _ = reply.result.check_string_keys("result");
    }
    if let Ok(reply) = CallReply::decode(bytes) {
        let _ = reply.error_info().attempts().count();
    }
    if let Ok(raw) = Raw::new(bytes) {
        let _ = ErrorInfo::read(raw).attempts().count();
        let _ = (raw.kind(), raw.as_text(), raw.as_int(), raw.as_millis());
    }
    let _ = Echo::of(bytes);
    let _ = InboxMessage::decode(bytes);
    let _ = RegisterRequest::decode(bytes);
    let _ = RegisterReply::decode(bytes);
    let _ = UnregisterRequest::decode(bytes);
    let _ = UnregisterReply::decode(bytes);
    let _ = HeartbeatRequest::decode(bytes);
    let _ = HeartbeatReply::decode(bytes);
    let _ = ListRequest::decode(bytes);
    let _ = ServiceList::decode(bytes);
    let _ = InstanceList::decode(bytes);
    let _ = OperatorRequest::decode(bytes);
    let _ = OperatorReply::decode(bytes);
    let _ = InstanceEvent::decode(bytes);
    let _ = RouterEvent::decode(bytes);
}

/// Maps with keys that the readers know, so that random values reach the code behind each key.
fn messages() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![
        "service_name",
        "method",
        "params",
        "timeout",
        "timeout_ms",
        "trace_id",
        "message_id",
        "resource_id",
        "excluded_instances",
        "require_ack",
        "protocol",
        "max_instances",
        "retry",
        "attempt_timeout_ms",
        "caller",
        "kind",
        "correlation_id",
        "attempt",
        "deadline_ms",
        "incarnation",
        "success",
        "result",
        "error",
        "outcome",
        "instance_id",
        "metadata",
        "role",
        "methods",
        "heartbeat_interval_ms",
        "capabilities",
        "version",
        "lease_token",
        "in_flight",
        "capacity",
        "lifecycle",
        "lag_ms",
        "status",
        "lease_ttl_ms",
        "router",
        "router_now_ms",
        "next_interval_ms",
        "services",
        "instances",
        "limit",
        "after",
        "attempts",
        "service",
        "instance",
        "from",
        "to",
        "reason",
        "evidence",
        "routable",
        "at",
        "what",
        "health",
        "note",
    ]);
    prop::collection::vec((keys.prop_map(Value::text), values(3)), 0..12).prop_map(Value::Map)
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn arbitrary_messages_never_panic(message in messages(), wide: bool) {
        read_as_everything(&message.encode(wide));
    }

    #[test]
    fn damaged_messages_never_panic(
        message in messages(), wide: bool, at: prop::sample::Index, byte: u8, cut: prop::sample::Index,
    ) {
        let mut bytes = message.encode(wide);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_as_everything(&bytes);
        read_as_everything(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn a_valid_value_is_walked_to_its_end(value in values(6), wide: bool) {
        let mut bytes = value.encode(wide);
        prop_assert_eq!(Raw::new(&bytes).map(Raw::bytes), Ok(&bytes[..]));
        for cut in 0..bytes.len() {
            prop_assert_eq!(Raw::new(&bytes[..cut]), Err(ValueError::Truncated));
        }
        bytes.push(0);
        prop_assert_eq!(Raw::new(&bytes), Err(ValueError::TrailingBytes));
    }

    #[test]
    fn agrees_with_the_naive_reader_on_anything(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let naive = parse(&bytes).filter(|(value, _)| value.depth() <= MAX_VALUE_DEPTH);
        let mut reader = Reader::new(&bytes);
        let walked = reader.raw().ok().map(|raw| raw.bytes().len());
        prop_assert_eq!(walked, naive.map(|(_, rest)| bytes.len() - rest.len()));
    }

    #[test]
    fn finds_keys_that_are_not_text(value in values(5), wide: bool) {
        let bytes = value.encode(wide);
        let found = Raw::new(&bytes).unwrap().check_string_keys("result");
        prop_assert_eq!(found.is_ok(), value.has_text_keys());
    }

    #[test]
    fn any_subject_is_parsed_without_panic(subject in "(ipc\\.)?[a-z.*>~é]{0,40}") {
        let subjects = Subjects::default();
        let _ = (subjects.parse(&subject), subjects.parse_inbox(&subject));
        let _ = Inbound::attempt_token(&subject);
    }

    #[test]
    fn every_name_has_one_token(name in ".{1,85}") {
        let token = name_token(&name);
        let marked = token.strip_prefix('~').unwrap_or(&token);
        prop_assert!(is_strict_token(&marked[..marked.len().min(64)]), "{token}");
        let read = name_of_token(&token);
        prop_assert_eq!(read.as_deref(), Some(&*name));
    }

    #[test]
    fn a_token_that_is_read_is_written_again(token in "~?[a-z2-7A-Z._é]{0,24}") {
        if let Some(name) = name_of_token(&token) {
            prop_assert_eq!(name_token(&name), &*token);
        }
    }
}

#[test]
fn nested_bombs_are_refused() {
    for (opening, innermost) in [(vec![0x91], 0xc0), (vec![0x81, 0xa0], 0xc0)] {
        let nested = |levels: usize| {
            let mut bytes = opening.repeat(levels);
            bytes.push(innermost);
            bytes
        };
        assert!(Raw::new(&nested(MAX_VALUE_DEPTH)).is_ok());
        assert_eq!(
            Raw::new(&nested(MAX_VALUE_DEPTH + 1)),
            Err(ValueError::TooDeep)
        );
        // Half a megabyte of openings: neither the stack nor the clock may notice.
        assert_eq!(Raw::new(&nested(500_000)), Err(ValueError::TooDeep));
        read_as_everything(&nested(500_000));
        let mut message = vec![0x81, 0xa6];
        message.extend(b"params");
        message.extend(nested(500_000));
        assert_eq!(RouteRequest::decode(&message), Err(ValueError::TooDeep));
    }
}

/// A length prefix alone must not cost memory: it is refused against what is left of the input,
/// before a list is made.
#[test]
fn promised_lengths_are_not_believed() {
    for head in [[0xdd, 0, 0x0f, 0x42, 0x40], [0xdf, 0xff, 0xff, 0xff, 0xff]] {
        let mut bytes = head.to_vec();
        bytes.extend([0xa0; 5]);
        assert_eq!(Raw::new(&bytes), Err(ValueError::Truncated));
        for key in [
            "excluded_instances",
            "methods",
            "capabilities",
            "attempts",
            "services",
        ] {
            let mut message = Value::map(&[(key, Value::Nil)]).encode(false);
            message.pop();
            message.extend(&bytes);
            read_as_everything(&message);
        }
    }
    let mut message = vec![0x81, 0xa7];
    message.extend(b"methods");
    message.extend([0xdd, 0, 0x0f, 0x42, 0x40, 0x80, 0x80]);
    assert_eq!(
        RegisterRequest::decode(&message),
        Err(ValueError::Truncated)
    );
}
