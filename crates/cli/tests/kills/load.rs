use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aegis_client::{CallError, Client};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// Callers of the method that may be repeated.
pub(crate) const QUOTE_CALLERS: usize = 8;

/// Callers of the method that must not be. Their calls end in the same rhythm as the others': only
/// more work in flight on an instance than there are callers of the other kind proves that some of
/// it is theirs.
const CHARGE_CALLERS: usize = 24;

/// No call waits this long: what is told "at once" is told long before.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How long "at once" may take on a busy machine. A timeout would be [`TIMEOUT`].
const AT_ONCE: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Work {
    id: u64,
}

#[derive(Deserialize)]
struct Receipt {
    id: u64,
    attempt: u32,
}

/// Steady calls of both kinds, and an eye on the fleet.
pub(crate) struct Load {
    runtime: Runtime,
    client: Client,
    shared: Arc<Shared>,
    callers: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    next_id: AtomicU64,
    quotes: AtomicU64,
    charges: AtomicU64,
    book: Mutex<Book>,
}

/// What became of the calls.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) failed_quotes: Vec<String>,
    pub(crate) moved_quotes: u64,
    pub(crate) done_charges: Vec<u64>,
    pub(crate) unknown_charges: Vec<u64>,
    pub(crate) odd_charges: Vec<String>,
    /// Charges in flight on an instance when it was lost.
    lost_on: HashMap<String, u64>,
}

/// Successful calls so far.
pub(crate) struct Seen {
    pub(crate) quotes: u64,
    pub(crate) charges: u64,
}

impl Load {
    pub(crate) fn start(url: &str) -> Load {
        let runtime = Runtime::new().expect("a runtime");
        let client = runtime
            .block_on(Client::connect(url))
            .expect("a connection");
        let shared = Arc::new(Shared::default());
        let mut callers = Vec::new();
        for _ in 0..QUOTE_CALLERS {
            callers.push(runtime.spawn(quote(client.clone(), shared.clone())));
        }
        for _ in 0..CHARGE_CALLERS {
            callers.push(runtime.spawn(charge(client.clone(), shared.clone())));
        }
        Load {
            runtime,
            client,
            shared,
            callers,
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        Seen {
            quotes: self.shared.quotes.load(Ordering::Relaxed),
            charges: self.shared.charges.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn in_flight_on(&self, instance: &str) -> u64 {
        self.look(instance).map_or(0, |(in_flight, _)| in_flight)
    }

    pub(crate) fn is_routable(&self, instance: &str) -> bool {
        self.look(instance).is_some_and(|(_, routable)| routable)
    }

    fn look(&self, instance: &str) -> Option<(u64, bool)> {
        let instances = self
            .runtime
            .block_on(self.client.instances("toy"))
            .expect("a listing");
        let entry = instances
            .into_iter()
            .find(|entry| entry.instance == instance)?;
        Some((entry.in_flight, entry.routable))
    }

    pub(crate) fn lost_on(&self, instance: &str) -> u64 {
        self.shared
            .book(|book| book.lost_on.get(instance).copied().unwrap_or(0))
    }

    pub(crate) fn stop(self) -> Book {
        self.shared.stopping.store(true, Ordering::Relaxed);
        for caller in self.callers {
            self.runtime.block_on(caller).expect("callers do not panic");
        }
        self.shared.book(std::mem::take)
    }
}

impl Shared {
    fn book<R>(&self, write: impl FnOnce(&mut Book) -> R) -> R {
        write(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn next_work(&self) -> Option<Work> {
        let stopping = self.stopping.load(Ordering::Relaxed);
        (!stopping).then(|| Work {
            id: self.next_id.fetch_add(1, Ordering::Relaxed),
        })
    }
}

async fn quote(client: Client, shared: Arc<Shared>) {
    while let Some(work) = shared.next_work() {
        let called: Result<Receipt, CallError> =
            client.call_with_failover("toy", "quote", &work).await;
        match called {
            Ok(receipt) => {
                shared.quotes.fetch_add(1, Ordering::Relaxed);
                let moved = u64::from(receipt.attempt > 1);
                shared.book(|book| book.moved_quotes += moved);
            }
            Err(error) => shared.book(|book| book.failed_quotes.push(error.to_string())),
        }
    }
}

async fn charge(client: Client, shared: Arc<Shared>) {
    while let Some(work) = shared.next_work() {
        let request = client.request("toy", "charge").timeout(TIMEOUT);
        match request.send::<_, Receipt>(&work).await {
            Ok(receipt) => {
                shared.charges.fetch_add(1, Ordering::Relaxed);
                shared.book(|book| book.done_charges.push(receipt.id));
            }
            Err(error) => shared.book(|book| book.enter(work.id, &error)),
        }
    }
}

impl Book {
    fn enter(&mut self, id: u64, error: &CallError) {
        let CallError::OutcomeUnknown { call, .. } = error else {
            self.odd_charges.push(error.to_string());
            return;
        };
        let last = call.attempts.last();
        match last {
            Some(last) if last.after < AT_ONCE => {
                self.unknown_charges.push(id);
                *self.lost_on.entry(last.instance.clone()).or_default() += 1;
            }
            _ => self.odd_charges.push(error.to_string()),
        }
    }
}
