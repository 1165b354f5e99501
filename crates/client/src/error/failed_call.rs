use std::fmt;
use std::time::Duration;

use aegis_types::limits::MAX_LOGGED_TRACE_BYTES;

/// What is known of a call that failed, whatever went wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedCall {
    /// The service called.
    pub service: String,
    /// The method called.
    pub method: String,
    /// Finds the call in the logs of everybody who saw it.
    pub trace_id: String,
    /// Names the act; the same on every send of it.
    pub message_id: String,
    /// From the call to this error.
    pub after: Duration,
    /// The attempts on instances, in order.
    pub attempts: Vec<Attempt>,
}

/// One attempt of a call on one instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The instance.
    pub instance: String,
    /// How the attempt ended: a code of [`aegis_types::AttemptEnd`].
    pub end: String,
    /// From its sending to that end.
    pub after: Duration,
}

impl FailedCall {
    /// The trace id, cut to what a log line may hold.
    pub fn logged_trace_id(&self) -> &str {
        logged(&self.trace_id)
    }

    /// `(tried orders-2: connection_lost after 12 ms, ...)`, or nothing.
    pub(super) fn write_tried(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, attempt) in self.attempts.iter().enumerate() {
            f.write_str(if position == 0 { " (tried " } else { ", " })?;
            write!(f, "{attempt}")?;
        }
        f.write_str(if self.attempts.is_empty() { "" } else { ")" })
    }
}

/// A trace id is whatever a caller says: cut for logs.
pub(crate) fn logged(trace_id: &str) -> &str {
    let end = trace_id.floor_char_boundary(MAX_LOGGED_TRACE_BYTES);
    trace_id.get(..end).unwrap_or_default()
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Attempt {
            instance,
            end,
            after,
        } = self;
        write!(f, "{instance}: {end} after {} ms", after.as_millis())
    }
}
