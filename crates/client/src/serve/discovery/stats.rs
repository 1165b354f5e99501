use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_types::Histogram;

/// Longest text kept of an error, in bytes.
const MAX_ERROR_BYTES: usize = 256;

/// What was counted of one method since it is served. Only handlers that ran count: a refusal is
/// no request that this instance handled.
#[derive(Default)]
pub(crate) struct MethodStats {
    errors: AtomicU64,
    durations: Mutex<Histogram>,
    last_error: Mutex<String>,
}

/// The counts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) errors: u64,
    /// One for each handler that ended.
    pub(crate) durations: Histogram,
    /// `code:text`; empty if there was none.
    pub(crate) last_error: String,
}

impl MethodStats {
    /// A handler ended after `took`. On the way of every call, so nothing but a few additions.
    pub(crate) fn ended(&self, took: Duration) {
        self.durations().note(took);
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
            errors: self.errors.load(Ordering::Relaxed),
            durations: *self.durations(),
            last_error: last.clone(),
        }
    }

    fn durations(&self) -> MutexGuard<'_, Histogram> {
        let durations = self.durations.lock();
        durations.unwrap_or_else(PoisonError::into_inner)
    }
}
