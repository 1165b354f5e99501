//! Steady calls: several callers, each with a connection of its own, at a fixed pace.
//!
//! The pace does not wait for answers. A caller that did would make no calls while it is stuck, and so
//! hide exactly the calls that the demo is about.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aegis_client::{CallError, Client};
use aegis_types::{Outcome, Safety};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use super::tally::{CallEnd, CallRecord, Tally};
use crate::commands::toy_service::{CHARGE, QUOTE, Receipt, SERVICE, Work};

/// Callers.
pub(super) const CALLERS: u32 = 4;
/// Span between two calls of one caller.
const PACE: Duration = Duration::from_millis(10);
/// Calls of all callers in one second.
pub(super) const CALLS_PER_SECOND: u32 = CALLERS * 100;

/// Running callers.
#[derive(Debug)]
pub(super) struct Load {
    stop: watch::Sender<bool>,
    callers: JoinSet<()>,
    finished: mpsc::UnboundedReceiver<CallRecord>,
    tally: Tally,
}

impl Load {
    /// One caller per client; half of the calls may be repeated, half may not.
    pub(super) fn start(clients: Vec<Client>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (done, finished) = mpsc::unbounded_channel();
        let ids = Arc::new(AtomicU64::new(1));
        let mut callers = JoinSet::new();
        for client in clients {
            callers.spawn(caller(
                client,
                Arc::clone(&ids),
                done.clone(),
                stopped.clone(),
            ));
        }
        Self {
            stop,
            callers,
            finished,
            tally: Tally::default(),
        }
    }

    /// The calls that have ended by now.
    pub(super) fn so_far(&mut self) -> &Tally {
        while let Ok(call) = self.finished.try_recv() {
            self.tally.add(call);
        }
        &self.tally
    }

    /// Starts no more calls, and hands over all of them once the last has ended.
    pub(super) async fn finish(mut self) -> Tally {
        let _ = self.stop.send(true);
        while let Some(call) = self.finished.recv().await {
            self.tally.add(call);
        }
        while self.callers.join_next().await.is_some() {}
        self.tally
    }
}

async fn caller(
    client: Client,
    ids: Arc<AtomicU64>,
    done: mpsc::UnboundedSender<CallRecord>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut ticks = tokio::time::interval(PACE);
    loop {
        let due = tokio::select! {
            due = ticks.tick() => due.into_std(),
            _ = stopped.changed() => return,
        };
        let id = ids.fetch_add(1, Ordering::Relaxed);
        let safety = if id.is_multiple_of(2) {
            Safety::Idempotent
        } else {
            Safety::AtMostOnce
        };
        let (client, done) = (client.clone(), done.clone());
        tokio::spawn(async move {
            let end = one_call(&client, safety, id).await;
            let _ = done.send(CallRecord {
                safety,
                due,
                took: Instant::now() - due,
                end,
            });
        });
    }
}

async fn one_call(client: &Client, safety: Safety, id: u64) -> CallEnd {
    let work = Work { id };
    let receipt: Result<Receipt, CallError> = match safety {
        Safety::Idempotent => client.call_with_failover(SERVICE, QUOTE, &work).await,
        Safety::AtMostOnce => client.call(SERVICE, CHARGE, &work).await,
    };
    match receipt {
        Ok(receipt) => CallEnd::Answered {
            instance: receipt.instance,
            attempt: receipt.attempt,
        },
        Err(error) if safety == Safety::AtMostOnce && error.outcome() == Outcome::Unknown => {
            CallEnd::OutcomeUnknown
        }
        Err(error) => CallEnd::Failed(error.to_string()),
    }
}
