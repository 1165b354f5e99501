use crate::value::{ValueError, fields};

/// What became of a message?
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `message_id` | text | no | the message |
/// | `trace_id` | text | no | opaque, goes back with the reply |
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
}
