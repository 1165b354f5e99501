use std::fmt;

/// What a legacy caller reads from an error: a class name and a number in the style of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegacyError {
    /// `error.type`.
    pub type_name: &'static str,
    /// `error.code`. The Python SDK makes `ValueError` of 404, `RuntimeError` of 503,
    /// `TimeoutError` of 504 and a plain `Exception` of everything else.
    pub code: i64,
}

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])* $name:ident = $text:literal, $type_name:literal $code:literal, $retryable:literal, $hint:expr;)*) => {
        /// The stable error codes. Their texts never change meaning; new ones may come, so a
        /// reader keeps the text of a code that it does not know.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[doc = $doc])* $name,)*
        }

        impl ErrorCode {
            /// All of them, in the order of the reference page.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name),*];

            /// What it means, for the reference page.
            pub const fn meaning(self) -> &'static str {
                match self { $(ErrorCode::$name => concat!($($doc),*),)* }
            }

            /// The text on the wire, in listings and in logs.
            pub const fn text(self) -> &'static str {
                match self { $(ErrorCode::$name => $text,)* }
            }

            /// The code of a wire text.
            pub fn from_text(text: &str) -> Option<ErrorCode> {
                match text { $($text => Some(ErrorCode::$name),)* _ => None }
            }

            /// Class name and number for [`CallError`](crate::call::CallError)s. A legacy caller may
            /// get another pair: [`CallerKind::legacy_error`](crate::call::CallerKind::legacy_error).
            pub const fn legacy(self) -> LegacyError {
                match self { $(ErrorCode::$name => LegacyError { type_name: $type_name, code: $code },)* }
            }

            /// Whether the same act may succeed when it is sent again later, if nothing else is
            /// said. Whether sending it again is *safe* is told by the outcome, never by this.
            pub const fn is_retryable(self) -> bool {
                match self { $(ErrorCode::$name => $retryable,)* }
            }

            /// What to do about it, where that helps.
            pub const fn hint(self) -> Option<&'static str> {
                match self { $(ErrorCode::$name => $hint,)* }
            }
        }
    };
}

error_codes! {
    /// No instance ever registered under this name.
    UnknownService = "UNKNOWN_SERVICE", "NotFoundError" 404, false,
        Some("check the name; `aegis service ls` shows those that are registered");
    /// The service has instances, and none may be called now.
    NoRoutableInstance = "NO_ROUTABLE_INSTANCE", "ServiceUnavailableError" 503, true,
        Some("`aegis instance ls` shows the health of each instance and why");
    /// Nobody listens on the subject at all: for a call, no router runs.
    NoResponders = "NO_RESPONDERS", "ServiceUnavailableError" 503, true,
        Some("start a router with `aegis router`, or check the address and the subject prefix");
    /// The service does not declare this method.
    UnknownMethod = "UNKNOWN_METHOD", "NotFoundError" 404, false,
        Some("check the method's name; the service declares its methods when it registers");
    /// The call was sent and may have run; nobody knows.
    OutcomeUnknown = "OUTCOME_UNKNOWN", "OutcomeUnknown" 500, false,
        Some("look whether it took effect before sending it again; declare the method idempotent if twice does no harm");
    /// The call's deadline passed.
    DeadlineExceeded = "DEADLINE_EXCEEDED", "InstanceTimeoutError" 504, true,
        Some("give the call a longer timeout, or look for what is slow");
    /// Refused by the instance before it started: its deadline had passed.
    Expired = "EXPIRED", "ServiceUnavailableError" 503, true, None;
    /// Refused because a limit was reached.
    Overloaded = "OVERLOADED", "ServiceUnavailableError" 503, true,
        Some("send less, add instances, or raise the limit that the message names");
    /// Refused by an instance that finishes its work and takes no more.
    Draining = "DRAINING", "ServiceUnavailableError" 503, true, None;
    /// Refused by an instance: the message was for another life of it.
    WrongIncarnation = "WRONG_INCARNATION", "ServiceUnavailableError" 503, true, None;
    /// The router is going down and takes nothing new.
    RouterStopping = "ROUTER_STOPPING", "ServiceUnavailableError" 503, true, None;
    /// The instance answered with something that cannot be understood or passed on.
    InvalidReply = "INVALID_REPLY", "InvalidReply" 500, false,
        Some("mend the service: its replies must be maps with string keys, within the depth limit");
    /// The service's handler answered with an error of its own and named no code.
    HandlerError = "HANDLER_ERROR", "HandlerError" 500, false, None;
    /// The service's handler panicked.
    HandlerPanicked = "HANDLER_PANICKED", "HandlerError" 500, false,
        Some("the service's own log has the panic");
    /// A message lacks a field or has a wrong one; the text names it.
    ValidationError = "VALIDATION_ERROR", "ValidationError" 500, false, None;
    /// A message is larger than the broker takes.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", "ValidationError" 500, false,
        Some("send less in one call, or raise `max_payload` of the NATS server");
    /// A refined subject and the body name different things.
    SubjectMismatch = "SUBJECT_MISMATCH", "ValidationError" 500, false,
        Some("the names in the subject must be those in the body");
    /// Something this router does not do.
    NotSupported = "NOT_SUPPORTED", "NotSupported" 500, false, None;
    /// A legacy name for: no such instance.
    NotFound = "NOT_FOUND", "NotFoundError" 404, false, None;
    /// No registration of this instance: register again.
    UnknownInstance = "UNKNOWN_INSTANCE", "NotFoundError" 404, true,
        Some("register again");
    /// Another process holds this instance id.
    DuplicateInstance = "DUPLICATE_INSTANCE", "DuplicateInstance" 500, true,
        Some("give each process its own instance id, or wait until the other one's lease is over");
    /// A later life of this instance is known.
    StaleIncarnation = "STALE_INCARNATION", "StaleIncarnation" 500, false,
        Some("a later start of this instance is registered; if this one is later, the machine's clock stepped back");
    /// The lease token is not the one that registration gave.
    WrongLeaseToken = "WRONG_LEASE_TOKEN", "WrongLeaseToken" 500, false,
        Some("register again: the router gives a new token");
    /// An operator put this instance out.
    Evicted = "EVICTED", "Evicted" 500, false, None;
    /// Another instance is active for this resource, and is not gone.
    RoleConflict = "ROLE_CONFLICT", "RoleConflict" 500, true,
        Some("register as standby, or wait until the active instance has left or is gone");
    /// Nobody owns this resource.
    UnknownResource = "UNKNOWN_RESOURCE", "ResourceNotFoundError" 404, false, None;
    /// A fault of ours.
    InternalError = "INTERNAL_ERROR", "InternalError" 500, false,
        Some("please report it with the router's log");
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_round_trip_and_differ() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_text(code.text()), Some(*code));
            assert!(
                code.text()
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b == b'_'),
                "{code}"
            );
        }
        assert_eq!(ErrorCode::from_text("unknown_service"), None);
    }

    #[test]
    fn three_refusals_are_never_mixed() {
        let unknown = ErrorCode::UnknownService;
        let unroutable = ErrorCode::NoRoutableInstance;
        let nobody = ErrorCode::NoResponders;
        assert_eq!(unknown.legacy().code, 404);
        assert_eq!(unroutable.legacy().code, 503);
        assert!(!unknown.is_retryable() && unroutable.is_retryable() && nobody.is_retryable());
        assert_ne!(unroutable.text(), nobody.text());
        assert_ne!(unroutable.hint(), nobody.hint());
    }

    /// The rows of the contract of the first AegisIPC that this router can produce.
    #[test]
    fn legacy_pairs() {
        let pair = |code: ErrorCode| (code.legacy().code, code.legacy().type_name);
        assert_eq!(pair(ErrorCode::UnknownService), (404, "NotFoundError"));
        assert_eq!(
            pair(ErrorCode::NoRoutableInstance),
            (503, "ServiceUnavailableError")
        );
        assert_eq!(
            pair(ErrorCode::DeadlineExceeded),
            (504, "InstanceTimeoutError")
        );
        assert_eq!(pair(ErrorCode::ValidationError), (500, "ValidationError"));
        assert_eq!(pair(ErrorCode::OutcomeUnknown), (500, "OutcomeUnknown"));
        assert_eq!(pair(ErrorCode::InvalidReply), (500, "InvalidReply"));
        for code in ErrorCode::ALL {
            assert!([404, 500, 503, 504].contains(&code.legacy().code), "{code}");
        }
    }

    /// The Python SDK repeats 503 and 504 by itself: only what is worth repeating may say so.
    #[test]
    fn what_python_repeats_is_retryable() {
        for code in ErrorCode::ALL {
            if matches!(code.legacy().code, 503 | 504) {
                assert!(code.is_retryable(), "{code}");
            }
        }
    }
}
