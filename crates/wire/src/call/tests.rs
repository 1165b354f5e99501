use std::time::Duration;

use aegis_types::{Incarnation, NameError, Outcome};

use super::*;
use crate::ErrorCode;
use crate::value::{Raw, ValueError, Writer};

/// A call of `orders.get` with more entries.
fn request(entries: impl FnOnce(&mut crate::value::MapWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    Writer::new(&mut out).map(|map| {
        map.key("service_name").text("orders");
        map.key("method").text("get");
        entries(map);
    });
    out
}

fn refused(entries: impl FnOnce(&mut crate::value::MapWriter<'_>)) -> String {
    let body = request(entries);
    RouteRequest::decode(&body).unwrap_err().to_string()
}

#[test]
fn a_call_needs_names() {
    let missing = |field| Err(ValueError::MissingField { field });
    assert_eq!(RouteRequest::decode(&[0x80]), missing("service_name"));
    let mut body = Vec::new();
    Writer::new(&mut body).map(|map| map.key("service_name").text("orders"));
    assert_eq!(RouteRequest::decode(&body), missing("method"));
    let body = request(|map| map.key("method").text(" "));
    let empty = ValueError::BadName {
        field: "method",
        error: NameError::Empty,
    };
    assert_eq!(empty.to_string(), "field `method` must not be empty");
    assert_eq!(RouteRequest::decode(&body), Err(empty));
    let body = request(|map| map.key("service_name").text("  my orders\t"));
    assert_eq!(
        RouteRequest::decode(&body).unwrap().service_name,
        "my orders"
    );
}

#[test]
fn timeouts() {
    let timeout = |entries: fn(&mut crate::value::MapWriter<'_>)| {
        RouteRequest::decode(&request(entries)).unwrap().timeout
    };
    assert_eq!(timeout(|_| {}), None);
    assert_eq!(timeout(|m| m.key("timeout").nil()), None);
    assert_eq!(
        timeout(|m| m.key("timeout").float(0.25)),
        Some(Duration::from_millis(250))
    );
    assert_eq!(
        timeout(|m| m.key("timeout").uint(300)),
        Some(Duration::from_secs(300))
    );
    // What is left of a native call may be nothing: its deadline has passed.
    assert_eq!(
        timeout(|m| m.key("timeout_ms").uint(0)),
        Some(Duration::ZERO)
    );
    let both = |m: &mut crate::value::MapWriter<'_>| {
        m.key("timeout_ms").uint(20);
        m.key("timeout").uint(5);
    };
    assert_eq!(timeout(both), Some(Duration::from_millis(20)));
    let range = "field `timeout` must be above 0 and at most 300 seconds";
    for bad in [0.0, -1.0, 300.1, 1e300, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(|m| m.key("timeout").float(bad)), range, "{bad}");
    }
    assert_eq!(
        refused(|m| m.key("timeout_ms").uint(300_001)),
        "field `timeout_ms` must be at most 300000 milliseconds"
    );
    assert_eq!(
        refused(|m| m.key("timeout").text("5")),
        "field `timeout` must be a number"
    );
}

#[test]
fn a_short_timeout_does_not_become_none() {
    let mut out = Vec::new();
    let request = RouteRequest {
        timeout: Some(Duration::from_nanos(1)),
        ..RouteRequest::new("orders", "get", Raw::EMPTY_MAP)
    };
    request.encode(&mut out);
    let timeout = RouteRequest::decode(&out).unwrap().timeout;
    assert_eq!(timeout, Some(Duration::from_millis(1)));
}

#[test]
fn words_and_limits() {
    assert_eq!(
        refused(|m| m.key("retry").text("always")),
        "field `retry` must be `proof`, `unknown` or `failed`"
    );
    for bad in [0, 17, u64::MAX] {
        let text = refused(|m| m.key("max_instances").uint(bad));
        assert_eq!(text, "field `max_instances` must be 1 to 16");
    }
    assert_eq!(
        refused(|m| m.key("attempt_timeout_ms").uint(0)),
        "field `attempt_timeout_ms` must be 1 to 300000 milliseconds"
    );
    assert_eq!(
        refused(|m| {
            let mut list = m.key("excluded_instances");
            list.array(257);
            (0..257).for_each(|_| list.text("i"));
        }),
        "field `excluded_instances` has more than 256 entries"
    );
    assert_eq!(
        refused(|m| m.key("protocol").uint(256)),
        "field `protocol` must be below 256"
    );
}

#[test]
fn params_of_legacy_callers_are_maps() {
    let body = request(|m| m.key("params").uint(1));
    assert_eq!(
        refused(|m| m.key("params").uint(1)),
        "field `params` must be a map"
    );
    let echo = Echo::of(&body);
    assert_eq!((echo.service_name, echo.native), (Some("orders"), false));
    let body = request(|m| {
        m.key("params").uint(1);
        m.key("protocol").uint(1);
    });
    let native = RouteRequest::decode(&body).unwrap();
    assert_eq!(
        (native.params.as_int(), native.caller_kind()),
        (Some(1), CallerKind::Native)
    );
    assert!(
        RouteRequest::decode(&request(|_| {}))
            .unwrap()
            .params
            .is_map()
    );
}

#[test]
fn a_refusal_still_knows_whose_call_it_was() {
    let body = request(|m| {
        m.key("trace_id").text("t");
        m.key("message_id").text("m");
        m.key("protocol").uint(1);
        m.key("require_ack").bool(true);
        m.key("timeout").text("soon");
    });
    assert!(RouteRequest::decode(&body).is_err());
    let echo = Echo {
        trace_id: Some("t"),
        message_id: Some("m"),
        service_name: Some("orders"),
        native: true,
        require_ack: true,
    };
    assert_eq!(Echo::of(&body), echo);
    assert_eq!(Echo::of(&body[..body.len() - 1]), echo);
    assert_eq!(Echo::of(b"garbage"), Echo::default());
}

#[test]
fn unknown_outcomes_look_different_to_each_caller() {
    let pair = |caller: CallerKind, code| {
        let legacy = caller.legacy_error(code);
        (legacy.code, legacy.type_name)
    };
    let plain = CallerKind::Legacy { require_ack: false };
    let reliable = CallerKind::Legacy { require_ack: true };
    let unknown = ErrorCode::OutcomeUnknown;
    assert_eq!(pair(plain, unknown), (504, "InstanceTimeoutError"));
    assert_eq!(pair(reliable, unknown), (500, "OutcomeUnknown"));
    assert_eq!(pair(CallerKind::Native, unknown), (500, "OutcomeUnknown"));
    for code in ErrorCode::ALL.iter().filter(|code| **code != unknown) {
        for caller in [plain, reliable, CallerKind::Native] {
            assert_eq!(caller.legacy_error(*code), code.legacy());
        }
    }
}

const REPLY: ReplyEncoder<'_> = ReplyEncoder {
    trace_id: None,
    message_id: None,
    instance_id: Some("orders-2"),
    duration: Duration::from_micros(1),
    unix_micros: 0,
    attempt: 3,
};

#[test]
fn replies_to_callers_round_trip() {
    let mut out = Vec::new();
    REPLY.success(&mut out, Raw::EMPTY_MAP);
    let reply = CallReply::decode(&out).unwrap();
    assert!(reply.success && reply.result.is_map() && reply.error.is_nil());
    assert_eq!(reply.trace_id.as_text(), Some("unknown"));
    assert!(reply.message_id.is_nil());
    assert_eq!(reply.instance_id.as_text(), Some("orders-2"));
    assert_eq!(reply.attempt, 3);
    assert_eq!(reply.duration_ms, 0.001);
    assert_eq!(
        reply.timestamp.as_text(),
        Some("1970-01-01T00:00:00.000000Z")
    );

    let tried = [AttemptReport {
        instance: "orders-1",
        incarnation: Incarnation::from_bits(9),
        end: "no_responders",
        after_ms: 4,
    }];
    let error = CallError {
        retry_after_ms: Some(70),
        attempts: &tried,
        ..CallError::not_run(ErrorCode::NoRoutableInstance, "3 instances, none routable")
    };
    let mut out = Vec::new();
    REPLY.error(&mut out, &error, CallerKind::Native);
    let reply = CallReply::decode(&out).unwrap();
    let info = reply.error_info();
    assert!(!reply.success && reply.result.is_nil());
    assert_eq!(info.known_code(), Some(ErrorCode::NoRoutableInstance));
    assert_eq!((info.code, info.retryable), (Some(503), Some(true)));
    assert_eq!(
        (info.retry_after_ms, info.outcome),
        (Some(70), Some(Outcome::NotRun))
    );
    assert!(info.attempts().eq(tried));
}

#[test]
fn a_reply_must_say_whether_it_succeeded() {
    let field = "success";
    assert_eq!(
        CallReply::decode(&[0x80]),
        Err(ValueError::MissingField { field })
    );
    assert_eq!(CallReply::decode(&[0xc0]), Err(ValueError::NotAMap));
}

/// What a legacy caller and a native one find in a service's own error, whatever it looked like.
fn passed(error: impl FnOnce(&mut Writer<'_>)) -> Vec<u8> {
    let mut body = Vec::new();
    Writer::new(&mut body).map(|map| {
        map.key("success").bool(false);
        error(&mut map.key("error"));
    });
    let mut out = Vec::new();
    REPLY.passed_error(&mut out, &InstanceReply::decode(&body).unwrap(), &[]);
    out
}

#[test]
fn an_instance_may_say_that_its_handler_did_not_start() {
    let mut body = Vec::new();
    let bad_params = Failure::new(ErrorCode::ValidationError, "no such field");
    bad_params.encode_not_run(&mut body, Incarnation::from_bits(1));
    let mut out = Vec::new();
    REPLY.passed_error(&mut out, &InstanceReply::decode(&body).unwrap(), &[]);
    let info = CallReply::decode(&out).unwrap().error_info();
    assert_eq!(info.outcome, Some(Outcome::NotRun));
}

#[test]
fn passed_errors_are_completed() {
    let read = |body: &[u8]| {
        let info = CallReply::decode(body).unwrap().error_info();
        let texts = [info.type_name, info.message, info.error_code];
        let texts = texts.map(|text| text.unwrap().to_owned());
        assert_eq!(info.outcome, Some(Outcome::Ran));
        (texts, info.code.unwrap(), info.retryable.unwrap())
    };
    let own = |texts: [&str; 3], code, retryable| (texts.map(str::to_owned), code, retryable);

    let silent = "the service reported a failure and said no more";
    let expected = own(["HandlerError", silent, "HANDLER_ERROR"], 500, false);
    assert_eq!(read(&passed(|w| w.nil())), expected);
    assert_eq!(read(&passed(|w| w.map(|_| {}))), expected);

    let expected = own(["HandlerError", "no stock", "HANDLER_ERROR"], 500, false);
    assert_eq!(read(&passed(|w| w.text("no stock"))), expected);

    let expected = own(["StockError", "no stock", "OUT_OF_STOCK"], 500, true);
    let text_code = passed(|w| {
        w.map(|map| {
            map.key("type").text("StockError");
            map.key("message").text("no stock");
            map.key("code").text("OUT_OF_STOCK");
            map.key("retryable").bool(true);
        });
    });
    assert_eq!(read(&text_code), expected);
}

#[test]
fn a_service_cannot_speak_for_the_router() {
    let body = passed(|w| {
        w.map(|map| {
            map.key("outcome").text("not_run");
            let mut attempts = map.key("attempts");
            attempts.array(1);
            attempts.map(|map| map.key("instance").text("forged"));
            map.key("shelf").uint(4);
        });
    });
    let reply = CallReply::decode(&body).unwrap();
    let info = reply.error_info();
    assert_eq!(info.outcome, Some(Outcome::Ran));
    assert_eq!(info.attempts().count(), 0);
    let shelf = b"\xa5shelf\x04";
    assert!(
        reply
            .error
            .bytes()
            .windows(shelf.len())
            .any(|part| part == shelf)
    );
}

#[test]
fn success_of_instances_is_read_as_they_meant_it() {
    let success = |entries: fn(&mut crate::value::MapWriter<'_>)| {
        let mut out = Vec::new();
        Writer::new(&mut out).map(entries);
        InstanceReply::decode(&out).unwrap().success
    };
    assert!(success(|_| {}));
    assert!(success(|m| m.key("result").nil()));
    assert!(success(|m| m.key("error").nil()));
    assert!(!success(|m| m.key("error").map(|_| {})));
    assert!(!success(|m| m.key("success").bool(false)));
    assert!(!success(|m| {
        m.key("kind").text("refused");
        m.key("success").bool(true);
    }));
    assert_eq!(InstanceReply::decode(&[0x90]), Err(ValueError::NotAMap));
    let mut later = Vec::new();
    Writer::new(&mut later).map(|m| m.key("kind").text("in_progress"));
    assert!(
        InstanceReply::decode(&later).is_err(),
        "not to be taken for a result"
    );
}

#[test]
fn inbox_kinds() {
    let life = Incarnation::from_bits(5);
    let mut probe = Vec::new();
    encode_probe(&mut probe, "r.1", life);
    let incarnation = Some(life);
    assert_eq!(
        InboxMessage::decode(&probe),
        Ok(InboxMessage::Probe { incarnation })
    );
    let mut later = Vec::new();
    Writer::new(&mut later).map(|m| m.key("kind").text("promote"));
    assert_eq!(
        InboxMessage::decode(&later),
        Ok(InboxMessage::Unknown { kind: "promote" })
    );
    let field = "method";
    assert_eq!(
        InboxMessage::decode(&[0x80]),
        Err(ValueError::MissingField { field })
    );
    let mut ack = Vec::new();
    encode_probe_ack(&mut ack, life);
    let ack = InstanceReply::decode(&ack).unwrap();
    assert_eq!(
        (ack.kind, ack.incarnation),
        (ReplyKind::ProbeAck, Some(life))
    );
}
