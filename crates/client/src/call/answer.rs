//! What the router's answer means to the caller.

use std::time::Duration;

use aegis_session::caller::SendEnd;
use aegis_types::Outcome;
use aegis_wire::ErrorCode;
use aegis_wire::call::{CallReply, ErrorInfo};
use bytes::Bytes;

use crate::serve::INVALID_PARAMS;
use crate::{Attempt, CallError, FailedCall};

/// The result in a reply, or the error it tells of.
pub(super) fn read(reply: &Bytes, call: impl Fn() -> Box<FailedCall>) -> Result<Bytes, CallError> {
    match CallReply::decode(reply) {
        Ok(answer) if answer.success => Ok(part(reply, answer.result.bytes())),
        Ok(answer) => {
            let info = answer.error_info();
            let mut call = call();
            call.attempts = attempts(&info);
            Err(error(call, &info))
        }
        // Something answered, and nothing says what became of the call.
        Err(error) => Err(CallError::OutcomeUnknown {
            call: call(),
            reason: format!("the router's answer cannot be read: {error}"),
        }),
    }
}

/// Whether an answer is the end of the call, or of one send of it.
pub(super) const fn send_end(answer: &Result<Bytes, CallError>) -> SendEnd {
    match answer {
        Err(CallError::RouterStopping { .. }) => SendEnd::RouterStopping,
        Err(
            CallError::NoRoutableInstance { retry_after, .. }
            | CallError::UnknownService {
                retryable: true,
                retry_after,
                ..
            },
        ) => SendEnd::Unplaced {
            retry_after: *retry_after,
        },
        _ => SendEnd::Answered,
    }
}

/// A result that is not part of the reply is an absent one.
fn part(reply: &Bytes, result: &[u8]) -> Bytes {
    if reply.as_ptr_range().contains(&result.as_ptr()) {
        reply.slice_ref(result)
    } else {
        Bytes::copy_from_slice(result)
    }
}

fn attempts(info: &ErrorInfo<'_>) -> Vec<Attempt> {
    info.attempts()
        .map(|attempt| Attempt {
            instance: attempt.instance.to_owned(),
            end: attempt.end.to_owned(),
            after: Duration::from_millis(attempt.after_ms),
        })
        .collect()
}

fn error(call: Box<FailedCall>, info: &ErrorInfo<'_>) -> CallError {
    let reason = info.message.unwrap_or("no reason given").to_owned();
    match (info.outcome, info.known_code()) {
        (Some(Outcome::Ran), Some(ErrorCode::InvalidReply)) => {
            CallError::InvalidReply { call, reason }
        }
        (Some(Outcome::Ran), Some(ErrorCode::HandlerPanicked)) => {
            CallError::HandlerPanicked { call }
        }
        (Some(Outcome::NotRun), _) if info.error_code == Some(INVALID_PARAMS) => {
            CallError::InvalidParams { call, reason }
        }
        (Some(Outcome::Ran), _) => CallError::Handler {
            call,
            code: info.code.unwrap_or_default(),
            kind: info.type_name.unwrap_or("HandlerError").to_owned(),
            reason,
            retryable: info.retryable.unwrap_or(false),
            retry_after: retry_after(info),
        },
        (Some(Outcome::NotRun), code) => not_run(call, info, code, reason),
        // Without a word about it, it may have run.
        (Some(Outcome::Unknown) | None, _) => CallError::OutcomeUnknown { call, reason },
    }
}

fn not_run(
    call: Box<FailedCall>,
    info: &ErrorInfo<'_>,
    code: Option<ErrorCode>,
    reason: String,
) -> CallError {
    match code {
        Some(ErrorCode::UnknownService) => CallError::UnknownService {
            call,
            reason,
            retryable: info.retryable.unwrap_or(false),
            retry_after: retry_after(info),
        },
        Some(ErrorCode::RouterStopping) => CallError::RouterStopping { call, reason },
        Some(ErrorCode::UnknownMethod) => CallError::UnknownMethod { call, reason },
        Some(ErrorCode::NoRoutableInstance) => CallError::NoRoutableInstance {
            call,
            reason,
            retry_after: retry_after(info),
        },
        Some(ErrorCode::Overloaded) => CallError::Overloaded {
            call,
            reason,
            retry_after: retry_after(info),
        },
        Some(ErrorCode::DeadlineExceeded | ErrorCode::Expired) => {
            CallError::DeadlineExceeded { call, reason }
        }
        _ => CallError::Refused {
            call,
            code: info.error_code.unwrap_or("REFUSED").to_owned(),
            reason,
            retryable: info.retryable.unwrap_or(false),
        },
    }
}

fn retry_after(info: &ErrorInfo<'_>) -> Option<Duration> {
    info.retry_after_ms.map(Duration::from_millis)
}
