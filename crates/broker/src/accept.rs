use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use rustix::io::Errno;

use crate::rate_limit::RateLimit;

/// Connections taken per turn; the rest wait for the next one, behind those that have work.
const ACCEPTS_PER_TURN: usize = 256;

/// How long nothing is accepted after the system had no descriptor or memory for a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// The door: takes connections, and waits a little when the system cannot give more, instead of
/// asking again and again.
#[derive(Debug)]
pub(crate) struct Acceptor {
    listeners: Vec<TcpListener>,
    /// Whether someone may be waiting: the system says so only once.
    is_ready: bool,
    paused_until: Option<Duration>,
    failures: u64,
    trouble: RateLimit,
}

impl Acceptor {
    pub(crate) fn new(listeners: Vec<TcpListener>) -> Acceptor {
        Acceptor {
            listeners,
            is_ready: false,
            paused_until: None,
            failures: 0,
            trouble: RateLimit::default(),
        }
    }

    pub(crate) fn set_ready(&mut self) {
        self.is_ready = true;
    }

    /// How often the system could not give a connection.
    pub(crate) fn failures(&self) -> u64 {
        self.failures
    }

    /// When to accept although the system says nothing new: at once, or after a pause.
    pub(crate) fn next_deadline(&self) -> Option<Duration> {
        let soonest = self.paused_until.unwrap_or(Duration::ZERO);
        self.is_ready.then_some(soonest)
    }

    /// Takes who waits, up to a bound.
    pub(crate) fn accept(&mut self, now: Duration, taken: &mut Vec<(TcpStream, SocketAddr)>) {
        if !self.is_ready || self.paused_until.is_some_and(|until| now < until) {
            return;
        }
        self.paused_until = None;
        self.is_ready = false;
        for at in 0..self.listeners.len() {
            self.accept_at(at, now, taken);
        }
    }

    fn accept_at(&mut self, at: usize, now: Duration, taken: &mut Vec<(TcpStream, SocketAddr)>) {
        while let Some(listener) = self.listeners.get(at) {
            if taken.len() >= ACCEPTS_PER_TURN {
                self.is_ready = true;
                return;
            }
            match listener.accept() {
                Ok(connection) => taken.push(connection),
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return,
                    // It went away while it waited.
                    io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted => {}
                    _ => {
                        self.pause(now, &error);
                        return;
                    }
                },
            }
        }
    }

    fn pause(&mut self, now: Duration, error: &io::Error) {
        self.is_ready = true;
        self.paused_until = Some(now + PAUSE);
        self.failures += 1;
        if let Some(suppressed) = self.trouble.pass(now) {
            tracing::warn!(
                event = "accept_failed",
                out_of_descriptors = is_out_of_descriptors(error),
                %error,
                suppressed,
                "cannot take a connection; trying again shortly. If this goes on, raise the limit on open files \
                 (`ulimit -n` for the process, fs.file-max for the system)"
            );
        }
    }
}

/// The process or the whole system may open no more files.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    let errno = error.raw_os_error();
    [Errno::MFILE, Errno::NFILE]
        .iter()
        .any(|none_left| errno == Some(none_left.raw_os_error()))
}
