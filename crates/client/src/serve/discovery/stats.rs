use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Longest text kept of an error, in bytes.
const MAX_ERROR_BYTES: usize = 256;

/// What was counted of one method since it is served. Only handlers that ran count: a refusal is
/// no request that this instance handled.
#[derive(Default)]
pub(crate) struct MethodStats {
    requests: AtomicU64,
    errors: AtomicU64,
    nanos: AtomicU64,
    last_error: Mutex<String>,
}

/// The counts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    /// Of all handlers together.
    pub(crate) nanos: u64,
    /// `code:text`; empty if there was none.
    pub(crate) last_error: String,
}

impl MethodStats {
    /// A handler ended after `took`. On the way of every call, so nothing but two additions.
    pub(crate) fn ended(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// It gave no result but this. Only failures take the lock.
    pub(crate) fn failed(&self, code: i64, text: &str) {
        self.errors.fetch_add(1, Ordering::Relaxed);
        let mut last = self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        last.clear();
        last.push_str(&code.to_string());
        last.push(':');
        let end = text.floor_char_boundary(MAX_ERROR_BYTES);
        last.push_str(text.get(..end).unwrap_or_default());
    }

    /// What was counted so far. Not one instant of all counters: nobody can tell.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let last = self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Snapshot {
            requests: self.requests.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            nanos: self.nanos.load(Ordering::Relaxed),
            last_error: last.clone(),
        }
    }
}
