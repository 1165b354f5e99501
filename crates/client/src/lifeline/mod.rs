//! The lifeline: registrations and heartbeats, on a thread and a socket of their own.
//!
//! One per client, started with its first service. Busy or blocked handlers starve the user's
//! runtime, and with it the work connection; nothing here runs there, so the router goes on hearing
//! from a process that lives. What the heartbeats say about the runtime (`lag_ms`) is measured, so
//! that a stuck process does not look healthy.
//!
//! When to send what is decided by [`aegis_session::lifeline::Lifeline`], one per instance; this
//! module carries it out.

mod ask;
mod beats;
mod declaration;
mod host;
mod hosted;
mod lag;
mod member;
mod pace;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aegis_bus::{ConnectOptions, WeakConnection};
use aegis_session::lifeline::{HeartbeatFailure, Heartbeats};
use tokio::sync::{mpsc, oneshot};

pub(crate) use declaration::Declaration;
use host::Host;
use hosted::Hosted;
pub(crate) use member::Member;
pub(crate) use pace::Pace;

use crate::serve::Served;

/// The name of the thread, as debuggers and `top` show it.
const THREAD: &str = "aegis-lifeline";

/// Number of an instance on its lifeline. Never used again.
type Key = u64;

/// What others ask of the lifeline's thread.
enum Command {
    Join(Key, Box<Hosted>),
    /// Send a heartbeat now, and tell who asks how it ended.
    Heartbeat(Key, Option<oneshot::Sender<Result<(), HeartbeatFailure>>>),
    Deregister(Key),
    /// Deregister everybody, close the connection, end, and only then drop this.
    Close(Option<oneshot::Sender<()>>),
}

/// The handle of the thread. The thread ends when this and every [`Member`] are dropped.
pub(crate) struct Thread {
    commands: mpsc::UnboundedSender<Command>,
    last_key: AtomicU64,
    pub(crate) pace: Arc<Pace>,
}

impl Thread {
    /// Starts the thread; its connection is opened there.
    pub(crate) fn start(options: ConnectOptions, work: WeakConnection) -> io::Result<Thread> {
        // Unbounded: one message per call of the user on one of his few services.
        let (commands, received) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let pace = Arc::new(Pace::new());
        let kept = Arc::clone(&pace);
        std::thread::Builder::new()
            .name(THREAD.to_owned())
            .spawn(move || runtime.block_on(Host::run(options, work, kept, received)))?;
        Ok(Thread {
            commands,
            last_key: AtomicU64::new(0),
            pace,
        })
    }

    /// Registers an instance and keeps it registered.
    pub(crate) fn join(
        &self,
        declaration: Declaration,
        heartbeats: Heartbeats,
        served: Arc<Served>,
    ) -> Member {
        let key = self.last_key.fetch_add(1, Ordering::Relaxed);
        let (hosted, machine, phase) = Hosted::new(declaration, heartbeats, served);
        let member = Member::new(key, machine, phase, self.commands.clone());
        // The thread is gone only after a close; the member then sees that nobody hosts it.
        let _ = self.commands.send(Command::Join(key, Box::new(hosted)));
        member
    }

    /// Asks the thread to deregister everybody and to end, and waits for it.
    pub(crate) async fn close(&self) {
        let (ended, end) = oneshot::channel();
        let _ = self.commands.send(Command::Close(Some(ended)));
        // Nothing is ever sent: it is dropped by the thread's end.
        let _ = end.await;
    }
}
