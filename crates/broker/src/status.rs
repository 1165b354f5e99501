use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use aegis_nats::switch::Counters;

/// What other threads may know of a broker. Cheap to clone; all clones show the same.
#[derive(Clone, Debug, Default)]
pub struct SharedStatus {
    cells: Arc<Cells>,
}

/// One look at a broker. The numbers are from the end of the same turn or of neighbouring ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BrokerStatus {
    /// Whether its loop runs.
    pub is_running: bool,
    /// Whether it is shutting down.
    pub is_stopping: bool,
    /// Connections at this time.
    pub connections: usize,
    /// How often the system had no descriptor or memory for a connection that waited.
    pub accepts_failed: u64,
    /// What was done since it started.
    pub counters: Counters,
}

macro_rules! cells {
    ($($counter:ident),* $(,)?) => {
        #[derive(Debug, Default)]
        struct Cells {
            is_running: AtomicBool,
            is_stopping: AtomicBool,
            connections: AtomicUsize,
            accepts_failed: AtomicU64,
            $($counter: AtomicU64,)*
        }

        impl SharedStatus {
            /// The numbers as the loop last published them.
            pub fn look(&self) -> BrokerStatus {
                let cells = &self.cells;
                BrokerStatus {
                    is_running: cells.is_running.load(Ordering::Relaxed),
                    is_stopping: cells.is_stopping.load(Ordering::Relaxed),
                    connections: cells.connections.load(Ordering::Relaxed),
                    accepts_failed: cells.accepts_failed.load(Ordering::Relaxed),
                    counters: Counters {
                        $($counter: cells.$counter.load(Ordering::Relaxed),)*
                    },
                }
            }

            /// Without an acceptor, nothing new fails.
            pub(crate) fn publish(
                &self,
                connections: usize,
                accepts_failed: Option<u64>,
                counters: &Counters,
            ) {
                self.cells.connections.store(connections, Ordering::Relaxed);
                if let Some(failed) = accepts_failed {
                    self.cells.accepts_failed.store(failed, Ordering::Relaxed);
                }
                $(self.cells.$counter.store(counters.$counter, Ordering::Relaxed);)*
            }
        }
    };
}

// One line per counter of the switch; a missing one does not compile.
cells!(
    connections_opened,
    connections_refused,
    connections_limited,
    messages_in,
    messages_out,
    bytes_in,
    bytes_out,
    no_responders,
    operations_refused,
    subscriptions_limited,
    protocol_errors,
    payloads_limited,
    slow_consumers,
    evictions,
    budgets_spent,
    stale_connections,
    connect_timeouts,
);

impl SharedStatus {
    pub(crate) fn set_running(&self, is_running: bool) {
        self.cells.is_running.store(is_running, Ordering::Relaxed);
    }

    pub(crate) fn set_stopping(&self) {
        self.cells.is_stopping.store(true, Ordering::Relaxed);
    }
}
