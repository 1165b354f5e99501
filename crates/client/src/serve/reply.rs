use std::time::Duration;

use aegis_session::admission::Refusal;
use aegis_types::Incarnation;
use aegis_wire::ErrorCode;
use aegis_wire::call::{Failure, InstanceReply};
use aegis_wire::value::Raw;
use bytes::Bytes;

use super::HandlerError;

/// Code of params that the instance cannot decode, as the caller sees it.
pub(crate) const INVALID_PARAMS: &str = "INVALID_PARAMS";
const INVALID_PARAMS_CODE: i64 = 400;

/// How a request ended on this instance.
pub(crate) enum Reply {
    /// The handler's result, encoded.
    Done(Bytes),
    /// The handler's error.
    Failed(HandlerError),
    /// The handler panicked.
    Panicked,
    /// The result cannot be encoded: the text says why.
    NotEncodable(String),
    /// The params cannot be decoded: the text says why. The caller's mistake, so another instance
    /// would only say the same.
    InvalidParams(String),
    /// Refused before it started.
    Refused(Refusal),
    /// Refused: no such method here.
    UnknownMethod(String),
    /// Refused: meant for another life of this instance.
    WrongIncarnation,
}

/// How a request ended, in a word.
pub(super) enum Ended {
    /// Its handler was started, or would have been.
    Ran(&'static str),
    /// It was refused before that.
    Refused(&'static str),
}

impl Reply {
    /// Appends the message to `out`.
    pub(crate) fn encode(&self, incarnation: Incarnation, out: &mut Vec<u8>) {
        match self {
            Reply::Done(result) => match Raw::new(result) {
                Ok(result) => InstanceReply::encode_success(out, result, incarnation),
                Err(error) => not_encodable(&error.to_string(), incarnation, out),
            },
            Reply::Failed(error) => failed(error).encode(out, incarnation),
            Reply::Panicked => Failure::new(ErrorCode::HandlerPanicked, "the handler panicked")
                .encode(out, incarnation),
            Reply::NotEncodable(reason) => not_encodable(reason, incarnation, out),
            Reply::InvalidParams(reason) => Failure {
                error_code: INVALID_PARAMS,
                type_name: "InvalidParams",
                code: INVALID_PARAMS_CODE,
                message: reason,
                retryable: false,
                retry_after_ms: None,
            }
            .encode_not_run(out, incarnation),
            Reply::Refused(refusal) => {
                Failure::new(refusal_code(*refusal), &refusal.to_string())
                    .encode_refused(out, incarnation);
            }
            Reply::UnknownMethod(method) => {
                let message = format!("this instance does not offer the method {method:?}");
                Failure::new(ErrorCode::UnknownMethod, &message).encode_refused(out, incarnation);
            }
            Reply::WrongIncarnation => {
                let message = "this is another life of the instance";
                Failure::new(ErrorCode::WrongIncarnation, message).encode_refused(out, incarnation);
            }
        }
    }

    /// How it ended, as log lines name it. Never what it holds.
    pub(super) const fn outcome(&self) -> Ended {
        match self {
            Reply::Done(_) => Ended::Ran("result"),
            Reply::Failed(_) => Ended::Ran("handler_error"),
            Reply::Panicked => Ended::Ran("panicked"),
            Reply::NotEncodable(_) => Ended::Ran("not_encodable"),
            Reply::InvalidParams(_) => Ended::Ran("invalid_params"),
            Reply::Refused(Refusal::Overloaded { .. }) => Ended::Refused("overloaded"),
            Reply::Refused(Refusal::Expired) => Ended::Refused("expired"),
            Reply::Refused(Refusal::Stalled) => Ended::Refused("stalled"),
            Reply::Refused(Refusal::Draining) => Ended::Refused("draining"),
            Reply::UnknownMethod(_) => Ended::Refused("unknown_method"),
            Reply::WrongIncarnation => Ended::Refused("wrong_incarnation"),
        }
    }

    /// Number and text of a request that was run and gave no result.
    pub(super) fn failure(&self) -> Option<(i64, &str)> {
        match self {
            Reply::Failed(error) => Some((error.code, &error.message)),
            Reply::Panicked => Some((ErrorCode::HandlerPanicked.legacy().code, "panicked")),
            Reply::NotEncodable(reason) => Some((ErrorCode::InvalidReply.legacy().code, reason)),
            Reply::InvalidParams(reason) => Some((INVALID_PARAMS_CODE, reason)),
            Reply::Done(_)
            | Reply::Refused(_)
            | Reply::UnknownMethod(_)
            | Reply::WrongIncarnation => None,
        }
    }

    /// What goes out instead of a reply that the broker does not take.
    pub(crate) fn too_large(size: usize, max: usize) -> Reply {
        Reply::NotEncodable(format!(
            "it has {size} bytes, and the broker's limit `max_payload` is {max}"
        ))
    }
}

fn failed(error: &HandlerError) -> Failure<'_> {
    Failure {
        error_code: ErrorCode::HandlerError.text(),
        type_name: &error.kind,
        code: error.code,
        message: &error.message,
        retryable: error.retryable,
        retry_after_ms: error.retry_after.map(millis),
    }
}

fn not_encodable(reason: &str, incarnation: Incarnation, out: &mut Vec<u8>) {
    let message = format!("the handler's result cannot be sent: {reason}");
    Failure::new(ErrorCode::InvalidReply, &message).encode(out, incarnation);
}

const fn refusal_code(refusal: Refusal) -> ErrorCode {
    match refusal {
        Refusal::Overloaded { .. } => ErrorCode::Overloaded,
        Refusal::Expired | Refusal::Stalled => ErrorCode::Expired,
        Refusal::Draining => ErrorCode::Draining,
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
