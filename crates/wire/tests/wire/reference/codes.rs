//! The table of error codes, from the one list of them.

use std::fmt::Write;

use aegis_wire::ErrorCode;

/// Whether the handler ran when a call ends with this code. Empty: never an answer to a call.
const fn outcome(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::UnknownService
        | ErrorCode::NoRoutableInstance
        | ErrorCode::NoResponders
        | ErrorCode::UnknownMethod
        | ErrorCode::Expired
        | ErrorCode::Overloaded
        | ErrorCode::Draining
        | ErrorCode::WrongIncarnation
        | ErrorCode::RouterStopping
        | ErrorCode::ValidationError
        | ErrorCode::SubjectMismatch
        | ErrorCode::PayloadTooLarge
        | ErrorCode::NotSupported
        | ErrorCode::UnknownResource
        | ErrorCode::NotFound => "`not_run`",
        ErrorCode::OutcomeUnknown => "`unknown`",
        ErrorCode::DeadlineExceeded => "`not_run` or `unknown`",
        ErrorCode::InvalidReply | ErrorCode::HandlerError | ErrorCode::HandlerPanicked => "`ran`",
        ErrorCode::InternalError => "any",
        ErrorCode::UnknownInstance
        | ErrorCode::DuplicateInstance
        | ErrorCode::StaleIncarnation
        | ErrorCode::WrongLeaseToken
        | ErrorCode::Evicted
        | ErrorCode::RoleConflict => "",
    }
}

pub(super) fn table() -> String {
    let mut table = String::from(
        "| code | number | type | outcome | retryable | meaning | what to do |\n|---|---|---|---|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        let legacy = code.legacy();
        let (number, kind) = (legacy.code, legacy.type_name);
        let retryable = if code.is_retryable() { "yes" } else { "no" };
        let (meaning, hint) = (code.meaning().trim(), code.hint().unwrap_or_default());
        writeln!(
            table,
            "| `{code}` | {number} | `{kind}` | {} | {retryable} | {meaning} | {hint} |",
            outcome(*code)
        )
        .unwrap();
    }
    table
}
