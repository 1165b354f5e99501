use std::fmt;

use aegis_types::Outcome;

use super::CallError;

impl fmt::Display for CallError {
    /// Cause, outcome, and what was tried.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.call();
        let outcome = match self.outcome() {
            Outcome::NotRun => "not run",
            Outcome::Unknown => "outcome unknown",
            Outcome::Ran => "the handler ran",
        };
        write!(f, "{}.{}: {outcome}: ", call.service, call.method)?;
        self.write_cause(f)?;
        call.write_tried(f)
    }
}

impl CallError {
    fn write_cause(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::InvalidArgument { argument, rule, .. } => {
                write!(f, "argument `{argument}` {rule}")
            }
            CallError::InvalidParams { reason, .. } => write!(f, "invalid params: {reason}"),
            CallError::TooLarge {
                size, max_payload, ..
            } => write!(
                f,
                "the request has {size} bytes, and the broker's limit `max_payload` is {max_payload}"
            ),
            CallError::NotConnected { call } => write!(
                f,
                "not connected to a broker for the whole {} ms of the call",
                call.after.as_millis()
            ),
            CallError::NoRouter { call } => {
                write!(f, "no router listened for {} ms", call.after.as_millis())
            }
            CallError::Closed { .. } => f.write_str("this client was closed"),
            CallError::Handler {
                code, kind, reason, ..
            } => write!(f, "it failed with {kind} ({code}): {reason}"),
            CallError::HandlerPanicked { .. } => f.write_str("it panicked"),
            CallError::Refused { code, reason, .. } => write!(f, "{code}: {reason}"),
            CallError::InvalidReply { reason, .. } => {
                write!(f, "its reply cannot be understood: {reason}")
            }
            CallError::Overloaded { reason, .. }
            | CallError::RouterStopping { reason, .. }
            | CallError::UnknownService { reason, .. }
            | CallError::UnknownMethod { reason, .. }
            | CallError::NoRoutableInstance { reason, .. }
            | CallError::DeadlineExceeded { reason, .. }
            | CallError::OutcomeUnknown { reason, .. } => f.write_str(reason),
        }
    }
}
