use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// How a handler says that it failed. The caller gets it as
/// [`CallError::Handler`](crate::CallError::Handler), so nothing secret belongs in it.
///
/// Every [`std::error::Error`] turns into one with `?`: code 500, its type's text as the message.
/// For that reason it is not an [`std::error::Error`] itself.
///
/// ```
/// use aegis_client::HandlerError;
///
/// let gone = HandlerError::new(404, "no such symbol").kind("NotFound");
/// let busy = HandlerError::new(503, "the exchange is closed").retryable();
/// assert!(busy.is_retryable() && !gone.is_retryable());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerError {
    pub(crate) code: i64,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) retryable: bool,
    pub(crate) retry_after: Option<Duration>,
}

impl HandlerError {
    /// Code of an error that names none.
    pub const DEFAULT_CODE: i64 = 500;

    /// An error with a number and a text of the service's own choice.
    pub fn new(code: i64, message: impl Into<String>) -> HandlerError {
        HandlerError {
            code,
            kind: Cow::Borrowed("HandlerError"),
            message: message.into(),
            retryable: false,
            retry_after: None,
        }
    }

    /// Names the kind of error, for callers that match on it.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<Cow<'static, str>>) -> HandlerError {
        self.kind = kind.into();
        self
    }

    /// The same call may succeed on another instance or later. A call with failover goes on to
    /// another instance if the method is idempotent.
    #[must_use]
    pub const fn retryable(mut self) -> HandlerError {
        self.retryable = true;
        self
    }

    /// Retryable, but not before this span.
    #[must_use]
    pub const fn retry_after(mut self, span: Duration) -> HandlerError {
        self.retry_after = Some(span);
        self.retryable()
    }

    /// Whether it was marked retryable.
    pub const fn is_retryable(&self) -> bool {
        self.retryable
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.kind, self.code, self.message)
    }
}

impl<E: std::error::Error> From<E> for HandlerError {
    fn from(error: E) -> HandlerError {
        HandlerError::new(HandlerError::DEFAULT_CODE, error.to_string())
    }
}
