//! What ends a program that stays: a signal, the end of stdin, or its own thread.

use std::fmt;
use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::oneshot;

use crate::failure::{Failure, Outcome};

/// Why to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// SIGTERM or SIGINT.
    Signal(i32),
    /// The other end of stdin is gone.
    StdinClosed,
}

impl fmt::Display for StopReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(SIGTERM) => out.write_str("SIGTERM"),
            Self::Signal(SIGINT) => out.write_str("SIGINT"),
            Self::Signal(number) => write!(out, "signal {number}"),
            Self::StdinClosed => out.write_str("end of stdin"),
        }
    }
}

/// Collects the reasons to stop. The first one is handed out; a second signal ends the process at
/// once, whatever is still in order to be done.
#[derive(Debug)]
pub(crate) struct Stop {
    reasons: Receiver<StopReason>,
    // Keeps the channel open: without a reason there is nothing to report, not an error.
    sender: Sender<StopReason>,
}

impl Stop {
    /// What ends a program that stays: signals, and on request the end of stdin.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub(crate) fn of_a_program(until_stdin_closes: bool) -> Outcome<Self> {
        let stop = Self::on_signals();
        let stop = if until_stdin_closes {
            stop.and_then(Self::or_stdin_closed)
        } else {
            stop
        };
        stop.map_err(Failure::system("cannot wait for signals"))
    }

    /// Starts to watch for signals.
    ///
    /// # Errors
    /// When the operating system refuses a signal handler or a thread.
    fn on_signals() -> io::Result<Self> {
        let (sender, reasons) = mpsc::channel();
        let mut signals = Signals::new([SIGTERM, SIGINT])?;
        let first = sender.clone();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                let mut seen = false;
                for signal in signals.forever() {
                    if seen {
                        std::process::exit(128 + signal);
                    }
                    seen = true;
                    let _ = first.send(StopReason::Signal(signal));
                }
            })?;
        Ok(Self { reasons, sender })
    }

    /// Also stops when stdin ends.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    fn or_stdin_closed(self) -> io::Result<Self> {
        let sender = self.sender.clone();
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || {
                let mut ignored = [0; 256];
                // An error is an end as well.
                while io::stdin().read(&mut ignored).is_ok_and(|count| count > 0) {}
                let _ = sender.send(StopReason::StdinClosed);
            })?;
        Ok(self)
    }

    /// Calls `act` with the first reason, from another thread: the asked program goes on with its own work.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub(crate) fn then(self, act: impl FnOnce(StopReason) + Send + 'static) -> io::Result<()> {
        thread::Builder::new().name("stop".to_owned()).spawn(move || {
            if let Ok(reason) = self.reasons.recv() {
                tracing::info!(event = "stopping", %reason, "stopping; a second signal stops at once");
                act(reason);
            }
        })?;
        Ok(())
    }

    /// The same for async code.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub(crate) fn future(self) -> io::Result<impl Future<Output = StopReason>> {
        let (send, receive) = oneshot::channel();
        self.then(move |reason| {
            let _ = send.send(reason);
        })?;
        Ok(async {
            match receive.await {
                Ok(reason) => reason,
                // No reason will ever come.
                Err(_) => std::future::pending().await,
            }
        })
    }
}
