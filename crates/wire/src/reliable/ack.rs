use crate::names::present;
use crate::value::{ValueError, Writer, fields};

/// "This message is dealt with", published on [`Subjects::ack`](crate::Subjects::ack).
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `message_id` | text | yes | a UUID: the message |
/// | `service_name`, `instance_id` | text | yes | who dealt with it; of the router's own word its id |
/// | `status` | text | yes | `success` or `failure` |
/// | `error_message` | text or nil | yes | why it failed |
/// | `processing_time_ms` | float | yes | above 0 |
/// | `trace_id` | text | yes | that of the message |
///
/// The SDK of the first AegisIPC reads `status` and `error_message`. A `failure` would hide the error
/// that the call was answered with, so that the router itself only ever says `success`: it means
/// that the reply is all there will be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ack<'a> {
    /// The message.
    pub message_id: &'a str,
    /// The service that was called.
    pub service_name: &'a str,
    /// Who dealt with it: an instance, or the router.
    pub instance_id: &'a str,
    /// Whether it went well.
    pub success: bool,
    /// Why it did not.
    pub error_message: Option<&'a str>,
    /// How long it took, in milliseconds.
    pub processing_time_ms: f64,
    /// Of the message.
    pub trace_id: &'a str,
}

impl<'a> Ack<'a> {
    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("message_id").text(self.message_id);
            map.key("service_name").text(self.service_name);
            map.key("instance_id").text(self.instance_id);
            let status = if self.success { "success" } else { "failure" };
            map.key("status").text(status);
            map.text_or_nil("error_message", self.error_message);
            map.key("processing_time_ms").float(self.processing_time_ms);
            map.key("trace_id").text(self.trace_id);
        });
    }

    /// Reads a message. Lenient about the span: the SDK of the first AegisIPC sends 0.
    pub fn decode(body: &'a [u8]) -> Result<Ack<'a>, ValueError> {
        let (mut message_id, mut status) = (None, None);
        let mut ack = Ack {
            message_id: "",
            service_name: "",
            instance_id: "",
            success: false,
            error_message: None,
            processing_time_ms: 0.0,
            trace_id: "",
        };
        fields(body, |key, reader| {
            match key {
                b"message_id" => message_id = Some(reader.text("message_id")?),
                b"service_name" => ack.service_name = reader.text("service_name")?,
                b"instance_id" => ack.instance_id = reader.text("instance_id")?,
                b"status" => status = Some(reader.text("status")?),
                b"error_message" => {
                    ack.error_message = reader.nullable(|r| r.text("error_message"))?;
                }
                b"processing_time_ms" => {
                    let span = reader.nullable(|r| r.float("processing_time_ms"))?;
                    ack.processing_time_ms = span.unwrap_or_default();
                }
                b"trace_id" => ack.trace_id = reader.text("trace_id")?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        ack.message_id = present("message_id", message_id)?;
        ack.success = match present("status", status)? {
            "success" => true,
            "failure" => false,
            _ => {
                return Err(ValueError::OutOfRange {
                    field: "status",
                    allowed: "`success` or `failure`",
                });
            }
        };
        Ok(ack)
    }
}
