//! Work that a connection must not leave its broker under.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::Connection;

/// While it lives, its owner has work that is still to be answered over this connection: a broker that
/// is about to stop is left only when no hold lives any more, or at the end of
/// [`leave_patience`](crate::ConnectOptions::leave_patience). It keeps the connection open, too.
///
/// Two additions to one number are all it costs: a service takes one for each handler that runs.
#[derive(Debug)]
pub struct Hold {
    connection: Connection,
}

impl Hold {
    pub(crate) fn new(connection: Connection) -> Self {
        connection.shared().holds.taken();
        Self { connection }
    }
}

impl Deref for Hold {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let shared = self.connection.shared();
        if shared.holds.given_back() {
            shared.wake.notify_one();
        }
    }
}

/// All holds of a connection.
#[derive(Debug, Default)]
pub(crate) struct Holds {
    alive: AtomicUsize,
    /// The task wants to know when one is given back.
    awaited: AtomicBool,
}

impl Holds {
    pub(crate) fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    /// From now on the task is woken, until it says otherwise.
    pub(crate) fn watch(&self, awaited: bool) {
        self.awaited.store(awaited, Ordering::SeqCst);
    }

    pub(crate) fn is_watched(&self) -> bool {
        self.awaited.load(Ordering::SeqCst)
    }

    fn taken(&self) {
        self.alive.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether the task waits for that.
    fn given_back(&self) -> bool {
        self.alive.fetch_sub(1, Ordering::SeqCst) == 1 && self.is_watched()
    }
}
