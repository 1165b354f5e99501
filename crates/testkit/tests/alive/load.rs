use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use aegis_client::{Client, RetryWish};
use aegis_testkit::wait_for;
use tokio::task::JoinHandle;

use crate::world::{Onlooker, breathe};

const CALLERS: usize = 8;

/// No call may need that long; one that does has failed.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How long the handler works, in milliseconds.
const WORK: u64 = 5;

/// Callers of the steady service who say that their calls may be repeated, one call after the other.
pub(crate) struct Load<'a> {
    onlooker: &'a Onlooker,
    shared: Arc<Shared>,
    callers: Vec<JoinHandle<Option<String>>>,
}

#[derive(Default)]
struct Shared {
    stopping: AtomicBool,
    done: AtomicU64,
}

impl Load<'_> {
    pub(crate) fn start(onlooker: &Onlooker) -> Load<'_> {
        let shared = Arc::new(Shared::default());
        let start = |_| onlooker.spawn(call(onlooker.client(), Arc::clone(&shared)));
        let callers = (0..CALLERS).map(start).collect();
        Load {
            onlooker,
            shared,
            callers,
        }
    }

    pub(crate) fn wait_for_more(&self, calls: u64) {
        let enough = self.shared.done.load(Ordering::Relaxed) + calls;
        wait_for("calls to succeed", || {
            breathe();
            (self.shared.done.load(Ordering::Relaxed) >= enough).then_some(())
        });
    }

    /// How many succeeded, and what failed.
    pub(crate) fn stop(self) -> (u64, Vec<String>) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        let mut failed = Vec::new();
        for caller in self.callers {
            failed.extend(self.onlooker.join(caller));
        }
        (self.shared.done.load(Ordering::Relaxed), failed)
    }
}

/// Ends with its first failure.
async fn call(client: Client, shared: Arc<Shared>) -> Option<String> {
    while !shared.stopping.load(Ordering::Relaxed) {
        let work = client.request("steady", "work").timeout(TIMEOUT);
        let called = work.retry(RetryWish::Unknown).send::<_, String>(&WORK);
        match called.await {
            Ok(_) => {
                shared.done.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => return Some(error.to_string()),
        }
    }
    None
}
