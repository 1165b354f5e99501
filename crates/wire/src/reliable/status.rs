use crate::Refusal;
use crate::value::{ValueError, Writer, fields};

/// What became of a message?
///
/// | key | type | |
/// |---|---|---|
/// | `message_id` | text | the message |
/// | `trace_id` | text | opaque, goes back with the reply |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageStatusRequest<'a> {
    /// The message.
    pub message_id: Option<&'a str>,
    /// Of the question.
    pub trace_id: Option<&'a str>,
}

impl<'a> MessageStatusRequest<'a> {
    /// Reads a message.
    pub fn decode(body: &'a [u8]) -> Result<MessageStatusRequest<'a>, ValueError> {
        let mut request = MessageStatusRequest::default();
        fields(body, |key, reader| {
            let value = reader.raw()?;
            match key {
                b"message_id" => request.message_id = value.as_text(),
                b"trace_id" => request.trace_id = value.as_text(),
                _ => {}
            }
            Ok(())
        })?;
        Ok(request)
    }

    /// Appends "no": a [`Refusal`] with every key that a status has. The SDK of the first AegisIPC
    /// hands the map to its user as it is, who looks up `state`: it is nil, which is none of
    /// `pending`, `acknowledged`, `failed` and `expired`.
    pub fn encode_refusal(&self, out: &mut Vec<u8>, refusal: &Refusal<'_>) {
        Writer::new(out).map(|map| {
            refusal.write(map);
            map.text_or_nil("message_id", self.message_id);
            map.key("trace_id").text(self.trace_id.unwrap_or("unknown"));
            map.key("retry_count").uint(0);
            map.key("last_error").text(refusal.message);
            for unknown in [
                "state",
                "created_at",
                "updated_at",
                "service_name",
                "method",
                "instance_id",
                "ack_deadline",
            ] {
                map.key(unknown).nil();
            }
        });
    }
}
