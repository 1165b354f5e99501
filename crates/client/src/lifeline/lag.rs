use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_types::Instant;
use tokio::runtime::Handle;

use crate::clock;

/// How late the user's runtime runs: a task that does nothing is spawned there at each heartbeat,
/// and how long it waited is told with the next one. Costs nothing in between.
pub(super) struct Lag {
    runtime: Handle,
    probe: Arc<Mutex<Probe>>,
}

#[derive(Default)]
struct Probe {
    out_since: Option<Instant>,
    last: Duration,
}

impl Lag {
    pub(super) fn of(runtime: Handle) -> Lag {
        Lag {
            runtime,
            probe: Arc::default(),
        }
    }

    /// The lag as far as it is known now; starts the next measurement.
    pub(super) fn measure(&self) -> Duration {
        let now = clock::now();
        let mut probe = lock(&self.probe);
        if let Some(since) = probe.out_since {
            return now.saturating_since(since).max(probe.last);
        }
        probe.out_since = Some(now);
        let last = probe.last;
        drop(probe);
        let probe = Arc::clone(&self.probe);
        self.runtime.spawn(async move {
            let mut probe = lock(&probe);
            probe.last = clock::now().saturating_since(now);
            probe.out_since = None;
        });
        last
    }
}

fn lock(probe: &Mutex<Probe>) -> MutexGuard<'_, Probe> {
    probe.lock().unwrap_or_else(PoisonError::into_inner)
}
