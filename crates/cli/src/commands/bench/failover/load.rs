//! Steady calls, each of which is remembered. On a thread of its own, so that it does not stand in
//! the way of who kills and watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use aegis_client::Client;
use anyhow::{Context as _, anyhow};
use tokio::task::JoinSet;

use super::super::{SERVICE, WORK};

/// Callers, each of which makes its next call when the last one has returned.
const CALLERS: usize = 8;

/// What became of the calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    pub(super) answered: Vec<Answered>,
    pub(super) failed: u64,
    pub(super) failure: Option<String>,
}

/// One call that was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    pub(super) began: Instant,
    pub(super) ended: Instant,
    /// From 1: more than that means that it was sent to another instance.
    pub(super) attempt: u32,
}

/// Calls go on until this is stopped, or dropped.
pub(super) struct Load {
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<anyhow::Result<Calls>>>,
}

impl Load {
    pub(super) fn start(server: &str) -> anyhow::Result<Self> {
        let stopping = Arc::new(AtomicBool::new(false));
        let (server, stop) = (server.to_owned(), Arc::clone(&stopping));
        let thread = thread::Builder::new()
            .name("load".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?;
                runtime.block_on(call(&server, &stop))
            })
            .context("cannot start a thread for the load")?;
        Ok(Self {
            stopping,
            thread: Some(thread),
        })
    }

    pub(super) fn stop(mut self) -> anyhow::Result<Calls> {
        self.stopping.store(true, Ordering::Relaxed);
        let thread = self.thread.take().context("the load runs once")?;
        thread
            .join()
            .map_err(|_| anyhow!("the load's thread panicked"))?
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

async fn call(server: &str, stopping: &Arc<AtomicBool>) -> anyhow::Result<Calls> {
    let client = Client::connect(server).await?;
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(caller(client.clone(), Arc::clone(stopping)));
    }
    let mut all = Calls::default();
    while let Some(calls) = callers.join_next().await {
        let calls = calls?;
        all.answered.extend(calls.answered);
        all.failed += calls.failed;
        all.failure = all.failure.or(calls.failure);
    }
    Ok(all)
}

async fn caller(client: Client, stopping: Arc<AtomicBool>) -> Calls {
    let mut calls = Calls::default();
    while !stopping.load(Ordering::Relaxed) {
        let began = Instant::now();
        match client.call::<_, u32>(SERVICE, WORK, &()).await {
            Ok(attempt) => calls.answered.push(Answered {
                began,
                ended: Instant::now(),
                attempt,
            }),
            Err(error) => {
                calls.failed += 1;
                calls.failure.get_or_insert(error.to_string());
            }
        }
    }
    calls
}
