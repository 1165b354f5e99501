use aegis_types::{Incarnation, Outcome};

use super::{ErrorInfo, incarnation};
use crate::ErrorCode;
use crate::value::{Raw, ValueError, Writer, fields};

/// What an instance's reply is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// The handler ended.
    Reply,
    /// Proof that the handler did not start and will not.
    Refused,
    /// The answer to a probe.
    ProbeAck,
}

/// What an instance answers to the router.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `kind` | text | default `reply` | or `refused`, `probe_ack` |
/// | `success` | bool | default | true unless there is an `error` |
/// | `result` | any | default nil | what the handler gave |
/// | `error` | map | no | `type`, `message`, `code`, `error_code`, `retryable`, `retry_after_ms`: see [`ErrorInfo`] |
/// | `outcome` | text | no | `not_run`, `unknown` or `ran` |
/// | `incarnation` | int | native | the life that answers |
/// | `instance_id` | text | no | legacy: who answers |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceReply<'a> {
    /// What it is about.
    pub kind: ReplyKind,
    /// Whether the handler gave a result.
    pub success: bool,
    /// The result, as it came.
    pub result: Raw<'a>,
    /// The error, as it came; nil if there is none.
    pub error: Raw<'a>,
    /// Did the handler run, in the instance's own word?
    pub outcome: Option<Outcome>,
    /// The life that answers.
    pub incarnation: Option<Incarnation>,
    /// Who answers, where a legacy service says so.
    pub instance_id: Option<&'a str>,
}

impl<'a> InstanceReply<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<InstanceReply<'a>, ValueError> {
        let mut reply = InstanceReply {
            kind: ReplyKind::Reply,
            success: true,
            result: Raw::NIL,
            error: Raw::NIL,
            outcome: None,
            incarnation: None,
            instance_id: None,
        };
        let mut success = None;
        fields(body, |key, reader| {
            match key {
                b"kind" => reply.kind = kind(reader.text("kind")?)?,
                b"success" => success = reader.nullable(|r| r.bool("success"))?,
                b"result" => reply.result = reader.raw()?,
                b"error" => reply.error = reader.raw()?,
                b"outcome" => reply.outcome = reader.raw()?.as_text().and_then(Outcome::from_word),
                b"incarnation" => reply.incarnation = incarnation(reader)?,
                b"instance_id" => reply.instance_id = reader.raw()?.as_text(),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let word = success.unwrap_or(reply.error.is_nil());
        reply.success = word && reply.kind != ReplyKind::Refused;
        Ok(reply)
    }

    /// The error, read.
    pub fn error_info(&self) -> ErrorInfo<'a> {
        ErrorInfo::read(self.error)
    }

    /// Appends a handler's result.
    pub fn encode_success(out: &mut Vec<u8>, result: Raw<'_>, incarnation: Incarnation) {
        Writer::new(out).map(|map| {
            map.key("success").bool(true);
            map.key("result").raw(result);
            map.key("incarnation").uint(incarnation.bits());
        });
    }
}

fn kind(word: &str) -> Result<ReplyKind, ValueError> {
    match word {
        "reply" => Ok(ReplyKind::Reply),
        "refused" => Ok(ReplyKind::Refused),
        "probe_ack" => Ok(ReplyKind::ProbeAck),
        _ => Err(ValueError::OutOfRange {
            field: "kind",
            allowed: "`reply`, `refused` or `probe_ack`",
        }),
    }
}

/// Why an instance gives no result: the handler's own error, or a refusal before it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure<'a> {
    /// The stable code: one of [`ErrorCode`]'s texts, or the service's own.
    pub error_code: &'a str,
    /// Class name for legacy callers.
    pub type_name: &'a str,
    /// Number for legacy callers.
    pub code: i64,
    /// For people.
    pub message: &'a str,
    /// The service says that the same call may succeed, here or on another instance.
    pub retryable: bool,
    /// Not before this many milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl<'a> Failure<'a> {
    /// With class name, number and `retryable` of a stable code.
    pub fn new(code: ErrorCode, message: &'a str) -> Failure<'a> {
        let legacy = code.legacy();
        Failure {
            error_code: code.text(),
            type_name: legacy.type_name,
            code: legacy.code,
            message,
            retryable: code.is_retryable(),
            retry_after_ms: None,
        }
    }

    /// Appends the reply of a handler that ran and failed.
    pub fn encode(&self, out: &mut Vec<u8>, incarnation: Incarnation) {
        self.write(out, None, Outcome::Ran, incarnation);
    }

    /// Appends the reply to a call that this instance could not even hand to its handler, and no
    /// other could: the caller's mistake.
    pub fn encode_not_run(&self, out: &mut Vec<u8>, incarnation: Incarnation) {
        self.write(out, None, Outcome::NotRun, incarnation);
    }

    /// Appends the reply that proves that the handler did not start.
    pub fn encode_refused(&self, out: &mut Vec<u8>, incarnation: Incarnation) {
        self.write(out, Some("refused"), Outcome::NotRun, incarnation);
    }

    fn write(
        &self,
        out: &mut Vec<u8>,
        kind: Option<&str>,
        outcome: Outcome,
        incarnation: Incarnation,
    ) {
        Writer::new(out).map(|map| {
            map.text_if("kind", kind);
            map.key("success").bool(false);
            map.key("error").map(|error| {
                error.key("type").text(self.type_name);
                error.key("message").text(self.message);
                error.key("code").int(self.code);
                error.key("error_code").text(self.error_code);
                error.key("retryable").bool(self.retryable);
                error.uint_if("retry_after_ms", self.retry_after_ms);
            });
            map.key("outcome").text(outcome.as_str());
            map.key("incarnation").uint(incarnation.bits());
        });
    }
}

/// Appends the answer to a probe.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `kind` | text | yes | `probe_ack` |
/// | `incarnation` | int | yes | the life that answers |
pub fn encode_probe_ack(out: &mut Vec<u8>, incarnation: Incarnation) {
    Writer::new(out).map(|map| {
        map.key("kind").text("probe_ack");
        map.key("incarnation").uint(incarnation.bits());
    });
}
