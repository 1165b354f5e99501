use aegis_types::Outcome;

use super::AttemptReport;
use crate::value::MapWriter;
use crate::{ErrorCode, LegacyError};

/// Who asks. Native callers read `error_code`; for legacy ones class name and number decide what
/// their SDK raises and whether it sends the call again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// It said which protocol it speaks.
    Native,
    /// A caller of the first AegisIPC.
    Legacy {
        /// Its SDK retries time-outs as if nothing had run.
        require_ack: bool,
    },
}

impl CallerKind {
    /// Class name and number of `code` for this caller. They differ from
    /// [`ErrorCode::legacy`] in one place: a plain legacy call whose outcome is unknown looks like
    /// a time-out, since that is what its failover understands, while a reliable one must not be
    /// invited to run it twice.
    pub const fn legacy_error(self, code: ErrorCode) -> LegacyError {
        match (self, code) {
            (CallerKind::Legacy { require_ack: false }, ErrorCode::OutcomeUnknown) => {
                ErrorCode::DeadlineExceeded.legacy()
            }
            _ => code.legacy(),
        }
    }
}

/// Why the router gives no result.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `type` | text | yes | class name, for legacy callers |
/// | `message` | text | yes | for people |
/// | `code` | int | yes | 404, 500, 503 or 504, for legacy callers |
/// | `error_code` | text | yes | the stable code |
/// | `retryable` | bool | yes | whether the same call may succeed later |
/// | `retry_after_ms` | int | no | not before this many milliseconds |
/// | `outcome` | text | yes | `not_run`, `unknown` or `ran` |
/// | `attempts` | list | yes | what was tried: [`AttemptReport`]s |
/// | `resource_id`, `owner_instance_id`, `service_name` | text or nil | no | about a resource: which one, who owns it, what was called |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallError<'a> {
    /// The stable code.
    pub code: ErrorCode,
    /// For people.
    pub message: &'a str,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// Not before this many milliseconds.
    pub retry_after_ms: Option<u64>,
    /// Did the handler run?
    pub outcome: Outcome,
    /// What was tried.
    pub attempts: &'a [AttemptReport<'a>],
    /// About a resource.
    pub resource: Option<ResourceContext<'a>>,
}

/// What an error about a resource names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourceContext<'a> {
    /// The resource.
    pub resource_id: &'a str,
    /// The service that was called.
    pub service_name: &'a str,
    /// Who owns it.
    pub owner_instance_id: Option<&'a str>,
}

impl<'a> CallError<'a> {
    /// An error before anything was tried, retryable if its code is.
    pub fn not_run(code: ErrorCode, message: &'a str) -> CallError<'a> {
        CallError {
            code,
            message,
            retryable: code.is_retryable(),
            retry_after_ms: None,
            outcome: Outcome::NotRun,
            attempts: &[],
            resource: None,
        }
    }

    pub(super) fn write(&self, caller: CallerKind, map: &mut MapWriter<'_>) {
        let legacy = caller.legacy_error(self.code);
        map.key("type").text(legacy.type_name);
        map.key("message").text(self.message);
        map.key("code").int(legacy.code);
        map.key("error_code").text(self.code.text());
        map.key("retryable").bool(self.retryable);
        map.uint_if("retry_after_ms", self.retry_after_ms);
        map.key("outcome").text(self.outcome.as_str());
        AttemptReport::write_all(self.attempts, &mut map.key("attempts"));
        if let Some(resource) = &self.resource {
            map.key("resource_id").text(resource.resource_id);
            map.text_or_nil("owner_instance_id", resource.owner_instance_id);
            map.key("service_name").text(resource.service_name);
        }
    }
}
