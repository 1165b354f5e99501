use super::ErrorInfo;
use crate::value::{Raw, ValueError, fields};

/// The router's reply to a caller. Always the first eight keys:
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `success` | bool | yes | whether there is a result |
/// | `result` | any | yes | nil unless `success` |
/// | `error` | map | yes | nil if `success`; see [`CallError`](super::CallError) |
/// | `instance_id` | text | yes | who answered, or was tried last; may be nil |
/// | `trace_id` | text | yes | the caller's; `unknown` if it had none |
/// | `message_id` | text | yes | the caller's; may be nil |
/// | `duration_ms` | float | yes | from the call's arrival to this reply, ms |
/// | `timestamp` | text | yes | RFC 3339 with microseconds and `Z` |
/// | `attempt` | int | no | which attempt answered or failed last, where it was not the first |
///
/// What only people and logs need is passed on as it came: every caller reads every reply, and few
/// look at these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallReply<'a> {
    /// Whether there is a result.
    pub success: bool,
    /// The result, as it came.
    pub result: Raw<'a>,
    /// The error, as it came; nil if there is none.
    pub error: Raw<'a>,
    /// Who answered, or was tried last.
    pub instance_id: Raw<'a>,
    /// The caller's trace id.
    pub trace_id: Raw<'a>,
    /// The caller's message id.
    pub message_id: Raw<'a>,
    /// What the router measured, in milliseconds.
    pub duration_ms: f64,
    /// When the router answered.
    pub timestamp: Raw<'a>,
    /// Which attempt answered or failed last, from 1.
    pub attempt: u32,
}

impl<'a> CallReply<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<CallReply<'a>, ValueError> {
        let mut reply = CallReply {
            success: false,
            result: Raw::NIL,
            error: Raw::NIL,
            instance_id: Raw::NIL,
            trace_id: Raw::NIL,
            message_id: Raw::NIL,
            duration_ms: 0.0,
            timestamp: Raw::NIL,
            attempt: 1,
        };
        let mut success = None;
        fields(body, |key, reader| {
            match key {
                b"success" => success = Some(reader.bool("success")?),
                b"result" => reply.result = reader.raw()?,
                b"error" => reply.error = reader.raw()?,
                b"instance_id" => reply.instance_id = reader.raw()?,
                b"trace_id" => reply.trace_id = reader.raw()?,
                b"message_id" => reply.message_id = reader.raw()?,
                b"duration_ms" => reply.duration_ms = reader.float("duration_ms")?,
                b"timestamp" => reply.timestamp = reader.raw()?,
                b"attempt" => reply.attempt = reader.uint_as("attempt", "below 2^32")?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        reply.success = success.ok_or(ValueError::MissingField { field: "success" })?;
        Ok(reply)
    }

    /// The error, read.
    pub fn error_info(&self) -> ErrorInfo<'a> {
        ErrorInfo::read(self.error)
    }
}
