//! Numbers for the user's own metrics: plain counts, bound to no library.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_types::{Histogram, Outcome};
use bytes::Bytes;

use crate::CallError;

/// Services called that have numbers of their own, at most: names may come from outside. The first ones
/// have theirs for good.
pub const MAX_COUNTED_SERVICES: usize = 256;

/// The name under which the calls of all other services are counted. A service that is really called
/// that is counted there too.
pub const OTHER_SERVICES: &str = "other";

/// How the calls of a client ended, since it connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// The same by service, in the order of their names; those without room are [`OTHER_SERVICES`].
    pub services: Vec<ServiceCallNumbers>,
}

/// How the calls of one service ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceCallNumbers {
    /// The service, or [`OTHER_SERVICES`].
    pub service: String,
    /// With a result.
    pub ok: u64,
    /// Without, and no handler ran.
    pub not_run: u64,
    /// Without, and a handler ran.
    pub ran: u64,
    /// Without, and nobody knows whether a handler ran.
    pub unknown: u64,
    /// How long they took, whatever came of them.
    pub durations: Histogram,
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
    /// How long each took.
    pub durations: Histogram,
}

/// The counts behind [`CallNumbers`].
#[derive(Debug, Default)]
pub(crate) struct CallCounts {
    services: Mutex<BTreeMap<Box<str>, Ended>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ended {
    ok: u64,
    not_run: u64,
    ran: u64,
    unknown: u64,
    durations: Histogram,
}

impl Ended {
    fn note(&mut self, result: &Result<Bytes, CallError>, took: Duration) {
        let count = match result.as_ref().map_err(CallError::outcome) {
            Ok(_) => &mut self.ok,
            Err(Outcome::NotRun) => &mut self.not_run,
            Err(Outcome::Ran) => &mut self.ran,
            Err(Outcome::Unknown) => &mut self.unknown,
        };
        *count += 1;
        self.durations.note(took);
    }
}

impl CallCounts {
    pub(crate) fn note(&self, service: &str, result: &Result<Bytes, CallError>, took: Duration) {
        let mut services = self.services();
        if let Some(ended) = services.get_mut(service) {
            return ended.note(result, took);
        }
        let has_room = services.len() < MAX_COUNTED_SERVICES;
        let service = if has_room { service } else { OTHER_SERVICES };
        let ended = services.entry(Box::from(service)).or_default();
        ended.note(result, took);
    }

    pub(crate) fn now(&self) -> CallNumbers {
        let mut all = CallNumbers::default();
        for (service, ended) in self.services().iter() {
            all.ok += ended.ok;
            all.not_run += ended.not_run;
            all.ran += ended.ran;
            all.unknown += ended.unknown;
            all.took += ended.durations.sum();
            all.services.push(ServiceCallNumbers {
                service: service.to_string(),
                ok: ended.ok,
                not_run: ended.not_run,
                ran: ended.ran,
                unknown: ended.unknown,
                durations: ended.durations,
            });
        }
        all
    }

    fn services(&self) -> MutexGuard<'_, BTreeMap<Box<str>, Ended>> {
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use super::*;

    const TOOK: Duration = Duration::from_millis(3);

    fn ok() -> Result<Bytes, CallError> {
        Ok(Bytes::new())
    }

    #[test]
    fn calls_are_counted_by_service_and_added_up() {
        let counts = CallCounts::default();
        for service in ["stock", "orders", "stock"] {
            counts.note(service, &ok(), TOOK);
        }
        let numbers = counts.now();
        assert_eq!((numbers.ok, numbers.took), (3, TOOK * 3));
        let by_service: Vec<(&str, u64, u64, Duration)> = numbers
            .services
            .iter()
            .map(|it| {
                (
                    &*it.service,
                    it.ok,
                    it.durations.count(),
                    it.durations.sum(),
                )
            })
            .collect();
        assert_eq!(
            by_service,
            [("orders", 1, 1, TOOK), ("stock", 2, 2, TOOK * 2)]
        );
    }

    #[test]
    fn names_without_end_take_memory_with_an_end() {
        let counts = CallCounts::default();
        for number in 0..10 * MAX_COUNTED_SERVICES {
            counts.note(&format!("service-{number}"), &ok(), TOOK);
        }
        counts.note("service-0", &ok(), TOOK);
        let numbers = counts.now();
        assert_eq!(numbers.ok, 10 * MAX_COUNTED_SERVICES as u64 + 1);
        assert_eq!(numbers.services.len(), MAX_COUNTED_SERVICES + 1);
        let of = |name: &str| numbers.services.iter().find(|it| it.service == name);
        assert_eq!(of("service-0").map(|it| it.ok), Some(2));
        let others = of(OTHER_SERVICES).map(|it| it.ok);
        assert_eq!(others, Some(9 * MAX_COUNTED_SERVICES as u64));
    }
}
