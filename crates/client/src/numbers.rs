//! Numbers for the user's own metrics: plain counts, bound to no library.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aegis_types::Outcome;
use bytes::Bytes;

use crate::CallError;

/// How the calls of a client ended, since it connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallNumbers {
    /// With a result.
    pub ok: u64,
    /// Without, and no handler ran.
    pub not_run: u64,
    /// Without, and a handler ran: its error, or a reply that could not be used.
    pub ran: u64,
    /// Without, and nobody knows whether a handler ran.
    pub unknown: u64,
    /// All of them together.
    pub took: Duration,
}

/// What an instance did since it is served, and how it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServingNumbers {
    /// By method, in the order of their names.
    pub methods: Vec<MethodNumbers>,
    /// Heartbeats sent.
    pub heartbeats_sent: u64,
    /// Heartbeats that the router confirmed.
    pub heartbeats_acknowledged: u64,
    /// How late the handlers' runtime ran, as the last heartbeat told it.
    pub lag: Duration,
}

/// What one method did since it is served. A refusal is nothing that it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MethodNumbers {
    /// Its name.
    pub method: String,
    /// Handlers that ended.
    pub handled: u64,
    /// Of these: without a result.
    pub failed: u64,
    /// All of them together.
    pub took: Duration,
}

/// The counts behind [`CallNumbers`].
#[derive(Debug, Default)]
pub(crate) struct CallCounts {
    ok: AtomicU64,
    not_run: AtomicU64,
    ran: AtomicU64,
    unknown: AtomicU64,
    nanos: AtomicU64,
}

impl CallCounts {
    pub(crate) fn note(&self, result: &Result<Bytes, CallError>, took: Duration) {
        let count = match result.as_ref().map_err(CallError::outcome) {
            Ok(_) => &self.ok,
            Err(Outcome::NotRun) => &self.not_run,
            Err(Outcome::Ran) => &self.ran,
            Err(Outcome::Unknown) => &self.unknown,
        };
        count.fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> CallNumbers {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        CallNumbers {
            ok: count(&self.ok),
            not_run: count(&self.not_run),
            ran: count(&self.ran),
            unknown: count(&self.unknown),
            took: Duration::from_nanos(count(&self.nanos)),
        }
    }
}

/// The heartbeats behind [`ServingNumbers`].
#[derive(Debug, Default)]
pub(crate) struct BeatCounts {
    sent: AtomicU64,
    acknowledged: AtomicU64,
    lag_nanos: AtomicU64,
}

impl BeatCounts {
    pub(crate) fn sent(&self, lag: Duration) {
        let nanos = u64::try_from(lag.as_nanos()).unwrap_or(u64::MAX);
        self.lag_nanos.store(nanos, Ordering::Relaxed);
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn acknowledged(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    /// With what the methods did.
    pub(crate) fn with(&self, methods: Vec<MethodNumbers>) -> ServingNumbers {
        ServingNumbers {
            methods,
            heartbeats_sent: self.sent.load(Ordering::Relaxed),
            heartbeats_acknowledged: self.acknowledged.load(Ordering::Relaxed),
            lag: Duration::from_nanos(self.lag_nanos.load(Ordering::Relaxed)),
        }
    }
}
