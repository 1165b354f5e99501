use aegis_types::Outcome;

use super::AttemptReport;
use crate::ErrorCode;
use crate::value::{Raw, fields};

/// The map under `error` of a reply, as its receiver reads it.
///
/// Lenient: legacy services write what they like, and an error must arrive even if a detail of it
/// is odd. What has the wrong type counts as absent; a bare text counts as the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorInfo<'a> {
    /// `type`: a class name.
    pub type_name: Option<&'a str>,
    /// `message`: for people.
    pub message: Option<&'a str>,
    /// `code`, if it is an integer.
    pub code: Option<i64>,
    /// `error_code`; or `code`, if that is a text.
    pub error_code: Option<&'a str>,
    /// Whether the same call may succeed later.
    pub retryable: Option<bool>,
    /// Not before this many milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Did the handler run?
    pub outcome: Option<Outcome>,
    attempts: Raw<'a>,
}

impl<'a> ErrorInfo<'a> {
    /// Reads whatever is under `error`.
    pub fn read(error: Raw<'a>) -> ErrorInfo<'a> {
        let mut info = ErrorInfo {
            type_name: None,
            message: error.as_text(),
            code: None,
            error_code: None,
            retryable: None,
            retry_after_ms: None,
            outcome: None,
            attempts: Raw::NIL,
        };
        let mut text_code = None;
        // A value that is no map has nothing more to say.
        let _ = fields(error.bytes(), |key, reader| {
            let value = reader.raw()?;
            match key {
                b"type" => info.type_name = value.as_text(),
                b"message" => info.message = value.as_text(),
                b"code" => {
                    info.code = value.as_int();
                    text_code = value.as_text();
                }
                b"error_code" => info.error_code = value.as_text(),
                b"retryable" => info.retryable = value.as_bool(),
                b"retry_after_ms" => info.retry_after_ms = value.as_millis(),
                b"outcome" => info.outcome = value.as_text().and_then(Outcome::from_word),
                b"attempts" => info.attempts = value,
                _ => {}
            }
            Ok(())
        });
        info.error_code = info.error_code.or(text_code);
        info
    }

    /// The stable code, if this version knows it.
    pub fn known_code(&self) -> Option<ErrorCode> {
        self.error_code.and_then(ErrorCode::from_text)
    }

    /// What was tried.
    pub fn attempts(&self) -> impl Iterator<Item = AttemptReport<'a>> {
        AttemptReport::read_all(self.attempts)
    }
}
