use crate::ErrorCode;
use crate::names::present;
use crate::value::{MapWriter, Raw, ValueError, Writer, fields};

/// "No" to a registration, deregistration or admin request, in the shape that the first AegisIPC
/// gave it.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `success` | bool | yes | false |
/// | `error.code` | text | yes | stable code |
/// | `error.message` | text | yes | what is wrong, for people |
/// | `error.details` | map of texts | yes | context, may be empty |
/// | `error.retryable` | bool | yes | whether the same request may succeed later |
/// | `error.retry_after_ms` | int | no | not before this many milliseconds |
/// | `error.hint` | text | no | what to do |
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    /// The stable code.
    pub code: ErrorCode,
    /// What is wrong, for people.
    pub message: &'a str,
    /// Context as names and values.
    pub details: &'a [(&'a str, &'a str)],
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Not before this many milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl<'a> Refusal<'a> {
    /// A refusal without details, retryable if its code is.
    pub fn new(code: ErrorCode, message: &'a str) -> Refusal<'a> {
        Refusal {
            code,
            message,
            details: &[],
            retryable: code.is_retryable(),
            retry_after_ms: None,
        }
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| self.write(map));
    }

    /// Its keys, where a reply has more of them.
    pub(crate) fn write(&self, map: &mut MapWriter<'_>) {
        map.key("success").bool(false);
        map.key("error").map(|error| {
            error.key("code").text(self.code.text());
            error.key("message").text(self.message);
            error.key("details").map(|details| {
                for (name, value) in self.details {
                    details.key(name).text(value);
                }
            });
            error.key("retryable").bool(self.retryable);
            error.uint_if("retry_after_ms", self.retry_after_ms);
            error.text_if("hint", self.code.hint());
        });
    }
}

/// A [`Refusal`] as its receiver reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalInfo<'a> {
    /// The stable code; may be one that this version does not know.
    pub code: &'a str,
    /// What is wrong, for people.
    pub message: &'a str,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Not before this many milliseconds.
    pub retry_after_ms: Option<u64>,
    /// What to do.
    pub hint: Option<&'a str>,
}

impl<'a> RefusalInfo<'a> {
    /// The code, if this version knows it.
    pub fn known_code(&self) -> Option<ErrorCode> {
        ErrorCode::from_text(self.code)
    }

    /// Reads the map under `error`. Lenient: who is refused must learn it even if a detail is odd.
    pub(crate) fn decode(error: Raw<'a>) -> Result<RefusalInfo<'a>, ValueError> {
        let mut info = RefusalInfo {
            code: ErrorCode::InternalError.text(),
            message: "refused without a reason",
            retryable: false,
            retry_after_ms: None,
            hint: None,
        };
        if !error.is_map() {
            return Ok(info);
        }
        fields(error.bytes(), |key, reader| {
            let value = reader.raw()?;
            match key {
                b"code" => info.code = value.as_text().unwrap_or(info.code),
                b"message" => info.message = value.as_text().unwrap_or(info.message),
                b"retryable" => info.retryable = value.as_bool().unwrap_or_default(),
                b"retry_after_ms" => info.retry_after_ms = value.as_millis(),
                b"hint" => info.hint = value.as_text(),
                _ => {}
            }
            Ok(())
        })?;
        Ok(info)
    }
}

/// A reply that is either a refusal or the plain word that it was done.
pub(crate) fn decode_done(body: &[u8]) -> Result<Result<(), RefusalInfo<'_>>, ValueError> {
    let mut success = None;
    let mut error = Raw::NIL;
    fields(body, |key, reader| {
        match key {
            b"success" => success = Some(reader.bool("success")?),
            b"error" => error = reader.raw()?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    if present("success", success)? {
        Ok(Ok(()))
    } else {
        RefusalInfo::decode(error).map(Err)
    }
}
