//! The admin listener: how a supervisor asks whether the router lives and takes work, and how others read what
//! it knows.
//!
//! It has a thread and a runtime of its own, so that it answers while the router's loop is busy and
//! costs that loop nothing.

mod api;
mod listener;
mod metrics;
mod routes;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

pub(crate) use api::{Api, WhereToAsk};
pub(crate) use metrics::Metrics;

use crate::args::serve::DEFAULT_ADMIN;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// Says why no work is taken, if so. Asked for each `/readyz`.
pub(crate) type NotReady = Arc<dyn Fn() -> Option<String> + Send + Sync>;

/// A port that is ours, not served yet: taken before the router starts, so that a wrong address
/// stops the start and not a running router.
#[derive(Debug)]
pub(crate) struct AdminPort {
    listener: TcpListener,
    address: SocketAddr,
}

/// What became of the wish for an admin listener.
#[derive(Debug)]
pub(crate) enum Bound {
    /// It is there.
    Port(AdminPort),
    /// Nobody asked for an address and the usual one is taken: worth a warning, not worth a router.
    DefaultTaken(SocketAddr),
}

/// Takes the asked address, or the default one.
///
/// # Errors
/// When an address that somebody asked for cannot be had.
pub(crate) fn bind(asked: Option<SocketAddr>) -> Outcome<Bound> {
    let address = asked.unwrap_or(DEFAULT_ADMIN);
    match listen(address) {
        Ok(port) => Ok(Bound::Port(port)),
        Err(error) if asked.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            Ok(Bound::DefaultTaken(address))
        }
        Err(error) => {
            let taken = error.kind() == io::ErrorKind::AddrInUse;
            let code = if taken {
                ExitCode::Occupied
            } else {
                ExitCode::Failure
            };
            let cause = anyhow::Error::new(error)
                .context(format!("cannot listen on {address} for --admin"));
            Err(Failure::new(code, cause)
                .hint("choose another address with --admin, or let it pick a free port: --admin 127.0.0.1:0"))
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<AdminPort> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok(AdminPort { listener, address })
}

impl AdminPort {
    /// The address it has; never with port 0.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts to answer.
    ///
    /// # Errors
    /// When the operating system refuses a thread or a runtime.
    pub(crate) fn serve(
        self,
        not_ready: NotReady,
        api: Api,
        metrics: Metrics,
    ) -> io::Result<Admin> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("admin".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = match tokio::net::TcpListener::from_std(self.listener) {
                    Ok(listener) => listener,
                    Err(error) => {
                        tracing::warn!(event = "admin_failed", %error, "the admin listener stopped");
                        return;
                    }
                };
                let routes = routes::router(not_ready, Arc::new(api), metrics);
                // It only reads: what is open at the end may be cut.
                tokio::select! {
                    () = listener::serve(listener, routes) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Admin {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

/// A running admin listener; ends when dropped.
#[derive(Debug)]
pub(crate) struct Admin {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Admin {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
