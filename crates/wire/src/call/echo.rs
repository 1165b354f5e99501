use crate::value::fields;

/// What a refusal of an unreadable call should still repeat, so that its sender can tell which of
/// its calls was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Echo<'a> {
    /// The trace id.
    pub trace_id: Option<&'a str>,
    /// The message id.
    pub message_id: Option<&'a str>,
    /// The service called.
    pub service_name: Option<&'a str>,
    /// The sender said which protocol it speaks: it is native.
    pub native: bool,
    /// The sender waits for an ack as well.
    pub require_ack: bool,
}

impl<'a> Echo<'a> {
    /// What can be read of `body`, up to the first byte that makes no sense.
    pub fn of(body: &'a [u8]) -> Echo<'a> {
        let mut echo = Echo::default();
        let _ = fields(body, |key, reader| {
            let value = reader.raw()?;
            match key {
                b"trace_id" => echo.trace_id = value.as_text(),
                b"message_id" => echo.message_id = value.as_text(),
                b"service_name" => echo.service_name = value.as_text(),
                b"require_ack" => echo.require_ack = value.as_bool().unwrap_or_default(),
                b"protocol" => echo.native = !value.is_nil(),
                _ => {}
            }
            Ok(())
        });
        echo
    }
}
