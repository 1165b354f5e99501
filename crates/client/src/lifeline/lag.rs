use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_types::Instant;
use tokio::runtime::Handle;

use crate::clock;

/// How late the handlers' runtime runs: at each tick of the lifeline a task that does nothing is
/// spawned there, unless one still waits for its turn, and how long it waits is the lag. Each
/// heartbeat tells the worst since the one before.
pub(super) struct Lag {
    runtime: Handle,
    probe: Arc<Mutex<Probe>>,
}

#[derive(Default)]
struct Probe {
    out_since: Option<Instant>,
    worst: Duration,
}

impl Lag {
    pub(super) fn of(runtime: Handle) -> Lag {
        Lag {
            runtime,
            probe: Arc::default(),
        }
    }

    /// Sends a probe, unless one is out.
    pub(super) fn look(&self) {
        let now = clock::now();
        {
            let mut probe = lock(&self.probe);
            if probe.out_since.is_some() {
                return;
            }
            probe.out_since = Some(now);
        }
        let probe = Arc::clone(&self.probe);
        self.runtime.spawn(async move {
            let waited = clock::now().saturating_since(now);
            let mut probe = lock(&probe);
            probe.worst = probe.worst.max(waited);
            probe.out_since = None;
        });
    }

    /// The worst since the last report, that of a probe still out included.
    pub(super) fn report(&self) -> Duration {
        let mut probe = lock(&self.probe);
        let worst = std::mem::take(&mut probe.worst);
        match probe.out_since {
            Some(since) => worst.max(clock::now().saturating_since(since)),
            None => worst,
        }
    }
}

fn lock(probe: &Mutex<Probe>) -> MutexGuard<'_, Probe> {
    probe.lock().unwrap_or_else(PoisonError::into_inner)
}
