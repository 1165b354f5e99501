//! The tasks that run the handlers of one method.
//!
//! A task lives on after its request and takes the next one: making a task costs more than all the
//! rest that is done for a small request. Every request still has a task to itself while its handler
//! runs, so none waits for another's.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::job::Running;

/// Tasks of one method that wait for a request; more of them end. Enough for what usually runs at
/// once, and little memory after a burst.
const MAX_IDLE: usize = 64;

/// How the requests of one method are run.
pub(super) trait Work: Send + Sync + 'static {
    /// Runs one request to its end.
    fn run(&self, running: Running) -> impl Future<Output = ()> + Send;
}

/// All tasks of one method. Dropped with the service: its tasks end once they have nothing to do.
pub(super) struct Workers<W: Work> {
    shared: Arc<Shared<W>>,
}

struct Shared<W> {
    work: W,
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Default)]
struct State {
    /// Requests that no task has taken yet: one was woken or made for each.
    waiting: VecDeque<Running>,
    /// Tasks that nobody has woken.
    idle: usize,
    /// No task will take anything any more.
    is_closed: bool,
}

impl<W: Work> Workers<W> {
    pub(super) fn new(work: W) -> Workers<W> {
        Workers {
            shared: Arc::new(Shared {
                work,
                state: Mutex::default(),
                wake: Notify::new(),
            }),
        }
    }

    /// Has a request run on `runtime`, by a task that waits or by a new one.
    pub(super) fn run(&self, runtime: &Handle, running: Running) {
        let mut state = self.shared.lock();
        if state.is_closed {
            // Its runtime is gone. Dropping it takes the lock of others, not this one.
            drop(state);
            return drop(running);
        }
        state.waiting.push_back(running);
        let is_woken = state.idle > 0;
        state.idle = state.idle.saturating_sub(1);
        drop(state);
        if is_woken {
            self.shared.wake.notify_one();
        } else {
            runtime.spawn(work_on(Arc::clone(&self.shared)));
        }
    }
}

impl<W: Work> Drop for Workers<W> {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// The life of a task.
async fn work_on<W: Work>(shared: Arc<Shared<W>>) {
    let mut unfinished = Unfinished(Some(shared));
    while let Some(shared) = &unfinished.0 {
        match shared.next().await {
            Some(running) => shared.work.run(running).await,
            None => unfinished.0 = None,
        }
        // Handlers that never wait must not keep the runtime from everybody else.
        tokio::task::coop::consume_budget().await;
    }
}

/// A runtime that shuts down drops its tasks half-way, and will run no other.
struct Unfinished<W: Work>(Option<Arc<Shared<W>>>);

impl<W: Work> Drop for Unfinished<W> {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.close();
        }
    }
}

impl<W> Shared<W> {
    /// The next request; `None` if this task is not needed any more.
    async fn next(&self) -> Option<Running> {
        loop {
            let woken = self.wake.notified();
            {
                let mut state = self.lock();
                if let Some(running) = state.waiting.pop_front() {
                    return Some(running);
                }
                if state.is_closed || state.idle >= MAX_IDLE {
                    return None;
                }
                state.idle += 1;
            }
            woken.await;
        }
    }

    fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        // Dropped without the lock: each of them gives its place back.
        let left = std::mem::take(&mut state.waiting);
        drop(state);
        drop(left);
        self.wake.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing of the user's runs under the lock, so a poisoned one holds nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
