//! All error texts of the SDK, as people see them. The file beside this one is the reference; when
//! a text changes on purpose, it changes there too.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use aegis_bus::{DropReason, ServerError};
use aegis_client::{
    Attempt, CallError, ConnectError, DialError, FailedCall, FileError, HandlerError,
    HeartbeatFailure, ListError, LoginError, OperatorError, Outcome, ServeError, StopReason,
    TlsError, WaitingFor, WatchError,
};

fn call(attempts: &[(&str, &str, u64)]) -> Box<FailedCall> {
    Box::new(FailedCall {
        service: "orders".to_owned(),
        method: "place".to_owned(),
        trace_id: "t-1".to_owned(),
        message_id: "m-1".to_owned(),
        after: Duration::from_millis(5000),
        attempts: attempts
            .iter()
            .map(|(instance, end, after)| Attempt {
                instance: (*instance).to_owned(),
                end: (*end).to_owned(),
                after: Duration::from_millis(*after),
            })
            .collect(),
    })
}

fn call_errors() -> Vec<CallError> {
    let text = str::to_owned;
    vec![
        CallError::InvalidArgument {
            call: call(&[]),
            argument: "timeout",
            rule: text("must be above 0 and at most 300 s"),
        },
        CallError::InvalidParams {
            call: call(&[]),
            reason: text("missing field `quantity`"),
        },
        CallError::TooLarge {
            call: call(&[]),
            size: 2_000_123,
            max_payload: 1_048_576,
        },
        CallError::NotConnected { call: call(&[]) },
        CallError::NoRouter { call: call(&[]) },
        CallError::Closed { call: call(&[]) },
        CallError::Overloaded {
            call: call(&[]),
            reason: text("limit `calls_in_flight` is reached"),
            retry_after: None,
        },
        CallError::UnknownService {
            call: call(&[]),
            reason: text("no instance ever registered this service"),
            retryable: false,
            retry_after: None,
        },
        CallError::UnknownService {
            call: call(&[]),
            reason: text("no instance registered this service since the router started"),
            retryable: true,
            retry_after: None,
        },
        CallError::RouterStopping {
            call: call(&[]),
            reason: text("the router is stopping"),
        },
        CallError::UnknownMethod {
            call: call(&[]),
            reason: text("no instance of the service offers this method"),
        },
        CallError::NoRoutableInstance {
            call: call(&[("orders-1", "no_responders", 0)]),
            reason: text("none of 3 instances can take the call: 2 unhealthy, 1 tried or excluded"),
            retry_after: None,
        },
        CallError::Refused {
            call: call(&[]),
            code: text("WRONG_INCARNATION"),
            reason: text("this is another life of the instance"),
            retryable: true,
        },
        CallError::DeadlineExceeded {
            call: call(&[]),
            reason: text("its deadline had passed on arrival"),
        },
        CallError::OutcomeUnknown {
            call: call(&[("orders-2", "connection_lost", 12)]),
            reason: text("orders-2 closed its connection while the call was in flight"),
        },
        CallError::OutcomeUnknown {
            call: call(&[]),
            reason: text("no answer from the router within 5000 ms"),
        },
        CallError::InvalidReply {
            call: call(&[("orders-2", "invalid_reply", 1)]),
            reason: text("invalid type: string \"x\", expected u64"),
        },
        CallError::Handler {
            call: call(&[
                ("orders-1", "handler_error", 3),
                ("orders-2", "handler_error", 4),
            ]),
            code: 503,
            kind: text("ExchangeClosed"),
            reason: text("opens at 9"),
            retryable: true,
            retry_after: Some(Duration::from_secs(60)),
        },
        CallError::HandlerPanicked { call: call(&[]) },
    ]
}

fn connect_errors() -> Vec<ConnectError> {
    vec![
        ConnectError::InvalidAddress("ws://host".parse::<aegis_bus::ServerAddress>().unwrap_err()),
        ConnectError::InvalidPrefix(aegis_wire::Subjects::new("").unwrap_err()),
        ConnectError::TimedOut {
            servers: "nats://127.0.0.1:4222".to_owned(),
            timeout: Duration::from_secs(3),
            last: Some(DialError::Io {
                reason: "Connection refused (os error 111)".to_owned(),
            }),
        },
        ConnectError::InvalidAddress(
            "nats://me:s3cret@host"
                .parse::<aegis_bus::ServerAddress>()
                .unwrap_err(),
        ),
        connect_refused(DialError::Dropped(DropReason::AuthenticationRequired)),
        connect_refused(DialError::Dropped(DropReason::ServerError(
            ServerError::Authorization,
        ))),
        connect_refused(DialError::Dropped(DropReason::TlsUnavailable)),
        connect_refused(DialError::Tls(TlsError::UnknownIssuer)),
        connect_refused(DialError::Tls(TlsError::ClientCertificateRefused)),
        connect_refused(DialError::Login(LoginError::File(
            FileError::OpenToOthers {
                path: "user.creds".into(),
                mode: 0o644,
            },
        ))),
        connect_refused(DialError::Login(LoginError::NoNonce)),
    ]
}

fn connect_refused(error: DialError) -> ConnectError {
    ConnectError::Refused {
        servers: "nats://127.0.0.1:4222".to_owned(),
        error,
    }
}

fn serve_errors() -> Vec<ServeError> {
    vec![
        ServeError::InvalidName {
            what: "service name",
            name: "a b".to_owned(),
            rule: "must be 1 to 64 of `A-Z a-z 0-9 _ -`".to_owned(),
        },
        ServeError::NoMethods {
            service: "orders".to_owned(),
        },
        ServeError::DuplicateMethod {
            method: "place".to_owned(),
        },
        ServeError::TooManyMethods { declared: 257 },
        ServeError::InvalidHeartbeatInterval {
            interval: Duration::from_millis(1),
        },
        ServeError::Lifeline {
            reason: "Too many open files (os error 24)".to_owned(),
        },
        ServeError::NotRegistered(refused()),
        ServeError::NotRegistered(replaced()),
        ServeError::NotRegistered(StopReason::Evicted {
            message: Arc::from("an operator put q-1 out"),
        }),
        ServeError::NotRegistered(StopReason::Deregistered { confirmed: true }),
        ServeError::NotRegistered(StopReason::Deregistered { confirmed: false }),
    ]
}

fn refused() -> StopReason {
    StopReason::Refused {
        code: Arc::from("DUPLICATE_INSTANCE"),
        message: Arc::from("instance orders-1 is registered by another process"),
    }
}

fn replaced() -> StopReason {
    StopReason::Replaced {
        message: Arc::from("a later life is registered"),
    }
}

fn heartbeat_failures() -> Vec<HeartbeatFailure> {
    let mut failures = vec![
        HeartbeatFailure::NoRouter,
        HeartbeatFailure::ConnectionLost,
        HeartbeatFailure::TimedOut,
        HeartbeatFailure::UnknownInstance,
        HeartbeatFailure::Refused {
            code: Arc::from("EVICTED"),
            message: Arc::from("put out by an operator"),
        },
        HeartbeatFailure::Stopped(replaced()),
    ];
    failures.extend(
        [
            WaitingFor::Broker,
            WaitingFor::Inbox,
            WaitingFor::Router,
            WaitingFor::Registration,
            WaitingFor::Refusal {
                code: Arc::from("DUPLICATE_INSTANCE"),
                message: Arc::from("orders-1 is held"),
            },
        ]
        .map(HeartbeatFailure::NotRegistered),
    );
    failures
}

fn list_errors() -> Vec<ListError> {
    vec![
        ListError::NoRouter,
        ListError::NotSent {
            reason: "not connected to a broker".to_owned(),
        },
        ListError::ConnectionLost,
        ListError::TimedOut,
        ListError::Refused {
            code: "VALIDATION_ERROR".to_owned(),
            reason: "field `limit` must be 1 to 1000".to_owned(),
            retryable: false,
        },
        ListError::InvalidReply {
            reason: "the message is not a map".to_owned(),
        },
    ]
}

fn operator_errors() -> Vec<OperatorError> {
    let refused = |code: &str, reason: &str| OperatorError::Refused {
        code: code.to_owned(),
        reason: reason.to_owned(),
    };
    vec![
        OperatorError::NoRouter,
        OperatorError::NotSent {
            reason: "not connected to a broker".to_owned(),
        },
        OperatorError::ConnectionLost,
        OperatorError::TimedOut,
        refused(
            "UNKNOWN_INSTANCE",
            "no instance `orders-9` of service `orders` is registered",
        ),
        refused(
            "NOT_SUPPORTED",
            "this router does not know `instance drain`",
        ),
        OperatorError::InvalidReply {
            reason: "the message is not a map".to_owned(),
        },
    ]
}

fn line(out: &mut String, code: &str, words: &str, text: &str, hint: Option<&str>) {
    writeln!(out, "{code} [{words}]\n  {text}").unwrap();
    if let Some(hint) = hint {
        writeln!(out, "  hint: {hint}").unwrap();
    }
}

fn retryable(yes: bool) -> &'static str {
    if yes { "retryable" } else { "final" }
}

fn all_texts() -> String {
    let mut out = String::from("# CallError\n");
    for error in call_errors() {
        let words = format!(
            "{}, {}",
            error.outcome().as_str(),
            retryable(error.is_retryable())
        );
        line(
            &mut out,
            error.code(),
            &words,
            &error.to_string(),
            error.hint(),
        );
    }
    out.push_str("\n# ConnectError\n");
    for error in connect_errors() {
        let words = retryable(error.is_retryable());
        line(
            &mut out,
            error.code(),
            words,
            &error.to_string(),
            error.hint(),
        );
    }
    out.push_str("\n# ServeError\n");
    for error in serve_errors() {
        let words = retryable(error.is_retryable());
        line(
            &mut out,
            error.code(),
            words,
            &error.to_string(),
            error.hint(),
        );
    }
    out.push_str("\n# HeartbeatFailure\n");
    for failure in heartbeat_failures() {
        line(
            &mut out,
            failure.code(),
            "goes on",
            &failure.to_string(),
            None,
        );
    }
    out.push_str("\n# WatchError\n");
    let watch = WatchError::InvalidName {
        service: String::new(),
        rule: "must not be empty".to_owned(),
    };
    let words = retryable(watch.is_retryable());
    line(&mut out, watch.code(), words, &watch.to_string(), None);
    out.push_str("\n# ListError\n");
    for error in list_errors() {
        let words = retryable(error.is_retryable());
        line(
            &mut out,
            error.code(),
            words,
            &error.to_string(),
            error.hint(),
        );
    }
    out.push_str("\n# OperatorError\n");
    for error in operator_errors() {
        let done = if error.may_be_done() {
            "unknown"
        } else {
            "not done"
        };
        let words = format!("{done}, {}", retryable(error.is_retryable()));
        line(
            &mut out,
            error.code(),
            &words,
            &error.to_string(),
            error.hint(),
        );
    }
    out
}

#[test]
fn texts_are_those_of_the_reference() {
    let texts = all_texts();
    let reference = include_str!("error_texts.txt");
    assert!(texts == reference, "now they are:\n{texts}<end>");
}

#[test]
fn unknown_outcomes_are_never_called_retryable() {
    for error in call_errors() {
        assert!(
            error.outcome() != Outcome::Unknown || !error.is_retryable(),
            "{error}"
        );
    }
}

#[test]
fn any_error_becomes_a_handler_error() {
    fn parse() -> Result<u8, HandlerError> {
        Ok("300".parse::<u8>()?)
    }
    assert_eq!(
        parse().unwrap_err().to_string(),
        "HandlerError (500): number too large to fit in target type"
    );
}
