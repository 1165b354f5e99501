use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::JoinHandle;

use mio::Waker;
use thiserror::Error;

use crate::{RunError, SharedStatus};

/// Stops a broker from any thread. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StopHandle {
    wish: Arc<AtomicU8>,
    waker: Arc<Waker>,
}

/// What was asked for last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StopWish {
    Run,
    Orderly,
    AtOnce,
}

impl StopHandle {
    pub(crate) fn new(waker: Waker) -> StopHandle {
        StopHandle {
            wish: Arc::new(AtomicU8::new(StopWish::Run as u8)),
            waker: Arc::new(waker),
        }
    }

    /// Asks for an orderly shutdown: take no new connections, let the local peer finish, write what
    /// waits, all within the configured grace.
    pub fn stop(&self) {
        self.ask(StopWish::Orderly);
    }

    /// Asks to stop without waiting for anything.
    pub fn stop_at_once(&self) {
        self.ask(StopWish::AtOnce);
    }

    fn ask(&self, wish: StopWish) {
        self.wish.fetch_max(wish as u8, Ordering::Relaxed);
        self.wake();
    }

    /// Makes the loop take a turn.
    pub(crate) fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(event = "broker_wake_failed", %error, "cannot wake the broker's loop");
        }
    }

    pub(crate) fn wish(&self) -> StopWish {
        match self.wish.load(Ordering::Relaxed) {
            0 => StopWish::Run,
            1 => StopWish::Orderly,
            _ => StopWish::AtOnce,
        }
    }
}

/// Why no local peer comes back from a broker that stopped.
#[derive(Debug, Error)]
pub enum Stopped {
    /// Its loop failed.
    #[error(transparent)]
    Failed(#[from] RunError),
    /// Its thread panicked: a bug.
    #[error("the broker's thread panicked")]
    Panicked,
}

/// A broker on a thread of its own. Dropping it stops the broker at once.
#[derive(Debug)]
pub struct BrokerHandle<L> {
    addresses: Vec<SocketAddr>,
    stop: StopHandle,
    status: SharedStatus,
    thread: Option<JoinHandle<Result<L, RunError>>>,
}

impl<L: Send + 'static> BrokerHandle<L> {
    pub(crate) fn spawn(
        addresses: Vec<SocketAddr>,
        stop: StopHandle,
        status: SharedStatus,
        run: impl FnOnce() -> Result<L, RunError> + Send + 'static,
    ) -> io::Result<BrokerHandle<L>> {
        let thread = std::thread::Builder::new().name(String::from("aegis-broker"));
        Ok(BrokerHandle {
            addresses,
            stop,
            status,
            thread: Some(thread.spawn(run)?),
        })
    }
}

impl<L> BrokerHandle<L> {
    /// Where it listens; the first is the one that was asked for.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops it from elsewhere.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// What it does.
    pub fn status(&self) -> SharedStatus {
        self.status.clone()
    }

    /// Waits for the broker to end, without asking it to; gives the local peer back.
    pub fn join(mut self) -> Result<L, Stopped> {
        let thread = self.thread.take().ok_or(Stopped::Panicked)?;
        Ok(thread.join().map_err(|_| Stopped::Panicked)??)
    }

    /// Shuts the broker down in order and waits for it; gives the local peer back.
    pub fn stop(self) -> Result<L, Stopped> {
        self.stop.stop();
        self.join()
    }
}

impl<L> Drop for BrokerHandle<L> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stop.stop_at_once();
            if thread.join().is_err() {
                tracing::error!(event = "broker_panicked", "the broker's thread panicked");
            }
        }
    }
}
