//! What goes back to callers: results, handlers' errors, and failures of ours.

use aegis_core::{AttemptNo, AttemptReport, CallFailure, CallFailureKind, CallId, CallerKind};
use aegis_nats::Outbox;
use aegis_types::{InstanceId, Instant};
use aegis_wire::ErrorCode;
use aegis_wire::call::{AttemptReport as WireReport, CallError, InstanceReply, ReplyEncoder};
use aegis_wire::value::ValueError;
use smallvec::SmallVec;

use super::Driver;
use super::hand::Hand;
use super::pending::PendingCall;
use crate::failure_text::{cause_text, full_text};
use crate::observe;

type WireReports<'a> = SmallVec<[WireReport<'a>; 3]>;

impl Driver {
    pub(super) fn pass_reply(
        &mut self,
        now: Instant,
        call: CallId,
        attempt: AttemptNo,
        instance: &InstanceId,
        hand: &Hand<'_>,
    ) {
        let Hand::Reply { reply, .. } = hand else {
            return;
        };
        let unix_micros = self.unix_micros(now);
        let Some(pending) = self.pending.one(call) else {
            return;
        };
        let answerer = Some(instance.as_str());
        observe::answered(pending.named(), answerer, attempt.0, "result");
        let encoder = ReplyEncoder {
            attempt: attempt.0,
            ..encoder(now, pending, unix_micros, Some(instance.as_str()))
        };
        self.outbox.publish(&pending.reply, None, &[], None, |out| {
            encoder.success(out, reply.result);
        });
    }

    pub(super) fn pass_error(
        &mut self,
        now: Instant,
        call: CallId,
        attempts: &[AttemptReport],
        hand: &Hand<'_>,
    ) {
        let Hand::Reply { reply, .. } = hand else {
            return;
        };
        let unix_micros = self.unix_micros(now);
        let Some(pending) = self.pending.one(call) else {
            return;
        };
        publish_error(&mut self.outbox, now, pending, unix_micros, attempts, reply);
    }

    pub(super) fn keep_error(&mut self, call: CallId, hand: &Hand<'_>) {
        let Hand::Reply { body, .. } = hand else {
            return;
        };
        let Some(pending) = self.pending.one_mut(call) else {
            return;
        };
        pending.kept.clear();
        pending.kept.extend_from_slice(body);
    }

    pub(super) fn pass_kept_error(
        &mut self,
        now: Instant,
        call: CallId,
        attempts: &[AttemptReport],
    ) {
        let unix_micros = self.unix_micros(now);
        let Some(pending) = self.pending.one(call) else {
            return;
        };
        let Ok(reply) = InstanceReply::decode(&pending.kept) else {
            return;
        };
        publish_error(
            &mut self.outbox,
            now,
            pending,
            unix_micros,
            attempts,
            &reply,
        );
    }

    pub(super) fn fail(&mut self, now: Instant, call: CallId, failure: &CallFailure) {
        let unix_micros = self.unix_micros(now);
        let Some(pending) = self.pending.one(call) else {
            return;
        };
        let code = code_of(&failure.kind);
        let full = full_text(failure);
        self.lines
            .call_failed(code, &full, pending.named(), failure);
        let mut message = match failure.caller {
            CallerKind::Native => cause_text(failure),
            CallerKind::Legacy => full,
        };
        if let Some(wrong) = self.invalid_reply.take() {
            message.push_str(": ");
            message.push_str(&wrong);
        }
        let attempts = wire_reports(&failure.attempts);
        let error = CallError {
            code,
            message: &message,
            // What a router that has just started does not know, it may know soon.
            retryable: code.is_retryable()
                || failure.warming && failure.kind == CallFailureKind::UnknownService,
            retry_after_ms: None,
            outcome: failure.kind.outcome(),
            attempts: &attempts,
            resource: None,
        };
        let last = failure
            .attempts
            .last()
            .map(|attempt| attempt.instance.as_str());
        let encoder = encoder(now, pending, unix_micros, last);
        let headers = error_headers(pending.caller.legacy_error(code).code, &message);
        self.outbox
            .publish(&pending.reply, None, &headers, None, |out| {
                encoder.error(out, &error, pending.caller);
            });
    }

    /// An instance's reply could not be understood: says so in the log, and in the error that the
    /// caller gets in this same step.
    pub(super) fn note_invalid_reply(
        &mut self,
        call: CallId,
        reply: &Result<InstanceReply<'_>, ValueError>,
    ) {
        let wrong = match reply {
            Err(error) => error.to_string(),
            Ok(reply) => match reply.result.check_string_keys("result") {
                Err(error) => error.to_string(),
                Ok(()) => "it is not an answer to a call".to_owned(),
            },
        };
        if let Some(pending) = self.pending.one(call) {
            self.lines.invalid_reply(&wrong, pending.named());
        }
        self.invalid_reply = Some(wrong);
    }
}

fn publish_error(
    outbox: &mut Outbox,
    now: Instant,
    pending: &PendingCall,
    unix_micros: u64,
    attempts: &[AttemptReport],
    reply: &InstanceReply<'_>,
) {
    let info = reply.error_info();
    let fallback = ErrorCode::HandlerError.legacy();
    let text = info.message.unwrap_or(fallback.type_name);
    let headers = error_headers(info.code.unwrap_or(fallback.code), text);
    let tried = wire_reports(attempts);
    let last = attempts.last().map(|attempt| attempt.instance.as_str());
    let attempt = pending.attempts();
    observe::answered(pending.named(), last, attempt, "handler_error");
    let encoder = encoder(now, pending, unix_micros, last);
    outbox.publish(&pending.reply, None, &headers, None, |out| {
        encoder.passed_error(out, reply, &tried);
    });
}

fn encoder<'a>(
    now: Instant,
    pending: &'a PendingCall,
    unix_micros: u64,
    instance_id: Option<&'a str>,
) -> ReplyEncoder<'a> {
    ReplyEncoder {
        trace_id: pending.trace_id(),
        message_id: pending.message_id(),
        instance_id,
        duration: now.saturating_since(pending.arrived),
        unix_micros,
        attempt: pending.attempts(),
    }
}

fn wire_reports(attempts: &[AttemptReport]) -> WireReports<'_> {
    attempts
        .iter()
        .map(|attempt| WireReport {
            instance: attempt.instance.as_str(),
            incarnation: attempt.incarnation,
            end: attempt.end.code(),
            after_ms: u64::try_from(attempt.after.as_millis()).unwrap_or(u64::MAX),
        })
        .collect()
}

fn code_of(kind: &CallFailureKind) -> ErrorCode {
    match kind {
        CallFailureKind::UnknownService => ErrorCode::UnknownService,
        CallFailureKind::UnknownMethod => ErrorCode::UnknownMethod,
        CallFailureKind::NoRoutableInstance(_) => ErrorCode::NoRoutableInstance,
        CallFailureKind::OutcomeUnknown { .. } => ErrorCode::OutcomeUnknown,
        CallFailureKind::InvalidReply => ErrorCode::InvalidReply,
        CallFailureKind::Expired => ErrorCode::Expired,
        CallFailureKind::DeadlinePassed => ErrorCode::DeadlineExceeded,
        CallFailureKind::Overloaded { .. } => ErrorCode::Overloaded,
        CallFailureKind::Stopping => ErrorCode::RouterStopping,
    }
}

/// Longest error text in a header; the body has it whole.
const MAX_HEADER_TEXT: usize = 256;

/// The headers by which plain NATS clients know an error reply.
pub(super) fn error_headers(code: i64, text: &str) -> Vec<u8> {
    let mut headers = b"NATS/1.0\r\nNats-Service-Error: ".to_vec();
    let printable = |b: &u8| (b' '..=b'~').contains(b);
    headers.extend(text.bytes().filter(printable).take(MAX_HEADER_TEXT));
    headers.extend_from_slice(b"\r\nNats-Service-Error-Code: ");
    headers.extend_from_slice(code.to_string().as_bytes());
    headers.extend_from_slice(b"\r\n\r\n");
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_text_cannot_add_headers() {
        let headers = error_headers(503, "a\r\nEvil: 1\r\n\r\nbody");
        let text = String::from_utf8(headers).unwrap();
        assert_eq!(
            text,
            "NATS/1.0\r\nNats-Service-Error: aEvil: 1body\r\nNats-Service-Error-Code: 503\r\n\r\n"
        );
    }
}
