//! One logical connection that outlives its sockets: phases, deadlines, sockets that come and go.
//!
//! The host asks [`Link::step`] what to do, gives it sockets, feeds it every operation that is not
//! a message with [`Link::received`], writes what [`Link::take_output`] yields, and calls
//! [`Link::timer`] at [`Link::next_deadline`]. `now` is the span since an origin of the host's.

use std::fmt;
use std::time::Duration;

use super::keepalive::{Due, Keepalive, Ticket};
use super::leaving::Leaving;
use super::servers::Servers;
use super::subscriptions::Subscriptions;
use super::{DropReason, LinkOptions, SocketEnd, Step, TlsUse};
use crate::codec::{ServerInfo, encode};

/// Where the logical connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No socket until the backoff is over.
    Waiting { until: Duration },
    /// The host opens a socket.
    Dialing { deadline: Duration },
    /// The socket is open; the broker speaks first.
    Greeting { deadline: Duration },
    /// The host does a TLS handshake.
    Securing { deadline: Duration },
    /// The host finds out who we are.
    Identifying { deadline: Duration },
    /// CONNECT, all subscriptions and a PING are written; its PONG says that they count.
    Joining { deadline: Duration },
    /// Publishing is possible.
    Ready,
    /// The broker is about to stop; once it has answered this PING the socket is dropped.
    Leaving { deadline: Duration, last: Ticket },
    /// Closed by its owner.
    Closed,
}

/// The client's side of the NATS protocol, without sockets and clock.
pub struct Link {
    pub(super) options: LinkOptions,
    pub(super) phase: Phase,
    pub(super) subscriptions: Subscriptions,
    pub(super) keepalive: Keepalive,
    /// Bytes for the present socket. Always empty without one: nothing is kept for a later socket.
    pub(super) output: Vec<u8>,
    /// Bytes that the host took and has not finished writing.
    pub(super) in_write: usize,
    /// Most bytes of headers and payload, as the broker announced it.
    pub(super) max_payload: usize,
    /// What the broker of the present socket last said of itself.
    pub(super) info: Option<Box<ServerInfo>>,
    /// The present socket has TLS.
    pub(super) is_secure: bool,
    pub(super) leaving: Leaving,
    /// Draws of the time to spread, from the seed on.
    pub(super) spread: u64,
    pub(super) ever_ready: bool,
    pub(super) servers: Servers,
    /// Sockets that failed, or did not last, since one did.
    failures: u32,
    /// The present outage has been told.
    is_outage_told: bool,
    ready_since: Duration,
}

impl Link {
    /// A link over `servers` servers (at least one), known to it by their index alone, so that it
    /// learns of no others. The first dial is due at once.
    #[must_use]
    pub fn new(options: LinkOptions, servers: usize) -> Self {
        let options = LinkOptions {
            learns_servers: false,
            ..options
        };
        Self::over(options, vec![Box::default(); servers])
    }

    /// A link over these servers (at least one), each as `host:port`. The first dial is due at once.
    #[must_use]
    pub fn over(options: LinkOptions, servers: Vec<Box<str>>) -> Self {
        Self {
            spread: options.seed,
            keepalive: Keepalive::new(options.ping_interval, options.max_silent_pings),
            options,
            phase: Phase::Waiting {
                until: Duration::ZERO,
            },
            subscriptions: Subscriptions::default(),
            output: Vec::new(),
            in_write: 0,
            max_payload: 0,
            info: None,
            is_secure: false,
            leaving: Leaving::No,
            ever_ready: false,
            servers: Servers::new(servers),
            failures: 0,
            is_outage_told: false,
            ready_since: Duration::ZERO,
        }
    }

    /// What the host has to do next. [`Step::Dial`] is said once per dial.
    pub fn step(&mut self, now: Duration) -> Step {
        match self.phase {
            Phase::Closed => Step::Closed,
            Phase::Waiting { until } if until <= now => {
                let deadline = now.saturating_add(self.options.connect_timeout);
                self.phase = Phase::Dialing { deadline };
                Step::Dial(self.servers.at())
            }
            _ => Step::Wait,
        }
    }

    /// When [`timer`](Self::timer) or [`step`](Self::step) has something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        match self.phase {
            Phase::Waiting { until } => Some(until),
            Phase::Dialing { deadline }
            | Phase::Greeting { deadline }
            | Phase::Securing { deadline }
            | Phase::Identifying { deadline }
            | Phase::Joining { deadline }
            | Phase::Leaving { deadline, .. } => Some(deadline),
            Phase::Ready => {
                let keepalive = self.keepalive.next();
                let leave = self.leave_deadline();
                Some(leave.map_or(keepalive, |leave| leave.min(keepalive)))
            }
            Phase::Closed => None,
        }
    }

    /// The socket is open. The broker speaks first, unless [`TlsUse::First`] says that the TLS
    /// handshake comes before; the host then begins with that.
    pub fn connected(&mut self) {
        if let Phase::Dialing { deadline } = self.phase {
            self.phase = match self.options.tls {
                TlsUse::First => Phase::Securing { deadline },
                _ => Phase::Greeting { deadline },
            };
        }
    }

    /// The address of a server, as it was named or learnt.
    #[must_use]
    pub fn server(&self, index: usize) -> Option<&str> {
        self.servers.address(index)
    }

    /// What the broker of the present socket last said of itself.
    #[must_use]
    pub fn server_info(&self) -> Option<&ServerInfo> {
        self.info.as_deref()
    }

    /// Whether the present socket has TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Bytes came from the broker, whatever they are. To be said once per read.
    pub fn heard(&mut self) {
        self.keepalive.heard();
    }

    /// The deadline has come. `Some`: drop the socket, or the dial.
    #[must_use]
    pub fn timer(&mut self, now: Duration) -> Option<DropReason> {
        match self.phase {
            Phase::Dialing { deadline }
            | Phase::Greeting { deadline }
            | Phase::Securing { deadline }
            | Phase::Identifying { deadline }
            | Phase::Joining { deadline } => {
                (deadline <= now).then_some(DropReason::ConnectTimeout)
            }
            Phase::Leaving { deadline, .. } => (deadline <= now).then_some(DropReason::Leaving),
            Phase::Ready => {
                self.leave_timer(now);
                match self.keepalive.due(now) {
                    Due::Nothing => None,
                    Due::Ping => {
                        self.keepalive.pinged();
                        encode::ping(&mut self.output);
                        None
                    }
                    Due::Stale => Some(DropReason::Stale),
                }
            }
            Phase::Waiting { .. } | Phase::Closed => None,
        }
    }

    /// The socket is gone, or there never was one. Whatever was not written is forgotten.
    ///
    /// `None`: the link had no socket to lose, or is closed.
    pub fn socket_closed(&mut self, now: Duration, random: u64) -> Option<SocketEnd> {
        self.forget_socket();
        let has_left = matches!(self.phase, Phase::Leaving { .. });
        let was_ready = match self.phase {
            Phase::Waiting { .. } | Phase::Closed => return None,
            Phase::Dialing { .. }
            | Phase::Greeting { .. }
            | Phase::Securing { .. }
            | Phase::Identifying { .. }
            | Phase::Joining { .. } => false,
            Phase::Ready | Phase::Leaving { .. } => true,
        };
        let end = SocketEnd {
            server: self.servers.at(),
            was_ready,
            first_failure: !was_ready && !self.is_outage_told,
        };
        self.is_outage_told |= !was_ready;
        // A broker that lets us in and out again at once must not be dialled without a pause.
        if was_ready && now.saturating_sub(self.ready_since) >= self.options.backoff.max {
            self.failures = 0;
        }
        // Who was sent away goes on at once, having spread out already; but not from one leaving
        // broker to the next for ever.
        let wait = match has_left && self.failures == 0 {
            true => Duration::ZERO,
            false => {
                let rounds = self.servers.rounds(self.failures);
                self.options.backoff.wait(rounds, random)
            }
        };
        self.failures = self.failures.saturating_add(1);
        self.servers.advance();
        self.phase = Phase::Waiting {
            until: now.saturating_add(wait),
        };
        Some(end)
    }

    /// The owner wants no more. Subscriptions and unwritten bytes are forgotten.
    pub fn close(&mut self) {
        self.forget_socket();
        self.subscriptions = Subscriptions::default();
        self.phase = Phase::Closed;
    }

    /// Whether publishing is possible.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// Most bytes of headers and payload in one message. `None` while not ready.
    #[must_use]
    pub fn max_payload(&self) -> Option<usize> {
        self.is_ready().then_some(self.max_payload)
    }

    pub(super) fn ready(&mut self, now: Duration) {
        self.keepalive.restart(now);
        self.is_outage_told = false;
        self.ready_since = now;
        self.ever_ready = true;
        self.phase = Phase::Ready;
        if self.info.as_ref().is_some_and(|info| info.ldm) {
            self.told_to_go(now);
        }
    }

    fn forget_socket(&mut self) {
        self.output.clear();
        self.in_write = 0;
        self.info = None;
        self.is_secure = false;
        self.leaving = Leaving::No;
    }
}

/// Without the bytes to write: they may hold a password.
impl fmt::Debug for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Link")
            .field("phase", &self.phase)
            .field("servers", &self.servers)
            .field("output", &self.output.len())
            .finish_non_exhaustive()
    }
}
