use aegis_types::Outcome;

use super::{AttemptReport, ErrorInfo, InstanceReply};
use crate::ErrorCode;
use crate::value::{MapWriter, fields};

/// Writes a service's own error with what every error has. What the service wrote stays, except
/// what would mislead: a `code` that is no integer (the Python SDK compares it with numbers), and
/// `outcome` and `attempts`, which are the router's to say. Who answers ran, unless the instance
/// itself says that its handler did not start.
pub(super) fn write(
    map: &mut MapWriter<'_>,
    reply: &InstanceReply<'_>,
    tried: &[AttemptReport<'_>],
) {
    let error = reply.error;
    let outcome = match reply.outcome {
        Some(Outcome::NotRun) => Outcome::NotRun,
        _ => Outcome::Ran,
    };
    let info = ErrorInfo::read(error);
    let fallback = ErrorCode::HandlerError.legacy();
    map.key("type")
        .text(info.type_name.unwrap_or(fallback.type_name));
    map.key("message").text(
        info.message
            .unwrap_or("the service reported a failure and said no more"),
    );
    map.key("code").int(info.code.unwrap_or(fallback.code));
    map.key("error_code")
        .text(info.error_code.unwrap_or(ErrorCode::HandlerError.text()));
    map.key("retryable").bool(info.retryable.unwrap_or(false));
    map.uint_if("retry_after_ms", info.retry_after_ms);
    map.key("outcome").text(outcome.as_str());
    AttemptReport::write_all(tried, &mut map.key("attempts"));
    // An error that is no map has no further keys.
    let _ = fields(error.bytes(), |key, reader| {
        let value = reader.raw()?;
        if let Ok(key) = std::str::from_utf8(key)
            && !OWN_KEYS.contains(&key)
        {
            map.key(key).raw(value);
        }
        Ok(())
    });
}

/// Those written above.
const OWN_KEYS: [&str; 8] = [
    "type",
    "message",
    "code",
    "error_code",
    "retryable",
    "retry_after_ms",
    "outcome",
    "attempts",
];
