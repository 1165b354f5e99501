//! One logical connection that outlives its sockets: phases, deadlines, sockets that come and go.
//!
//! The host asks [`Link::step`] what to do, gives it sockets, feeds it every operation that is not
//! a message with [`Link::received`], writes what [`Link::take_output`] yields, and calls
//! [`Link::timer`] at [`Link::next_deadline`]. `now` is the span since an origin of the host's.

use std::time::Duration;

use super::keepalive::{Due, Keepalive};
use super::subscriptions::Subscriptions;
use super::{DropReason, LinkOptions, SocketEnd, Step};
use crate::codec::encode;

/// Where the logical connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No socket until the backoff is over.
    Waiting { until: Duration },
    /// The host opens a socket.
    Dialing { deadline: Duration },
    /// The socket is open; the broker speaks first.
    Greeting { deadline: Duration },
    /// CONNECT, all subscriptions and a PING are written; its PONG says that they count.
    Joining { deadline: Duration },
    /// Publishing is possible.
    Ready,
    /// Closed by its owner.
    Closed,
}

/// The client's side of the NATS protocol, without sockets and clock.
#[derive(Debug)]
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
    pub(super) ever_ready: bool,
    servers: usize,
    server: usize,
    /// Sockets that failed, or did not last, since one did.
    failures: u32,
    /// The present outage has been told.
    is_outage_told: bool,
    ready_since: Duration,
}

impl Link {
    /// A link over `servers` servers (at least one), known to it by their index. The first dial is
    /// due at once.
    #[must_use]
    pub fn new(options: LinkOptions, servers: usize) -> Self {
        Self {
            keepalive: Keepalive::new(options.ping_interval, options.max_silent_pings),
            options,
            phase: Phase::Waiting {
                until: Duration::ZERO,
            },
            subscriptions: Subscriptions::default(),
            output: Vec::new(),
            in_write: 0,
            max_payload: 0,
            ever_ready: false,
            servers: servers.max(1),
            server: 0,
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
                Step::Dial(self.server)
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
            | Phase::Joining { deadline } => Some(deadline),
            Phase::Ready => Some(self.keepalive.next()),
            Phase::Closed => None,
        }
    }

    /// The socket is open. The broker speaks first.
    pub fn connected(&mut self) {
        if let Phase::Dialing { deadline } = self.phase {
            self.phase = Phase::Greeting { deadline };
        }
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
            | Phase::Joining { deadline } => {
                (deadline <= now).then_some(DropReason::ConnectTimeout)
            }
            Phase::Ready => match self.keepalive.due(now) {
                Due::Nothing => None,
                Due::Ping => {
                    self.keepalive.pinged();
                    encode::ping(&mut self.output);
                    None
                }
                Due::Stale => Some(DropReason::Stale),
            },
            Phase::Waiting { .. } | Phase::Closed => None,
        }
    }

    /// The socket is gone, or there never was one. Whatever was not written is forgotten.
    ///
    /// `None`: the link had no socket to lose, or is closed.
    pub fn socket_closed(&mut self, now: Duration, random: u64) -> Option<SocketEnd> {
        self.forget_output();
        let was_ready = match self.phase {
            Phase::Waiting { .. } | Phase::Closed => return None,
            Phase::Dialing { .. } | Phase::Greeting { .. } | Phase::Joining { .. } => false,
            Phase::Ready => true,
        };
        let end = SocketEnd {
            server: self.server,
            was_ready,
            first_failure: !was_ready && !self.is_outage_told,
        };
        self.is_outage_told |= !was_ready;
        // A broker that lets us in and out again at once must not be dialled without a pause.
        if was_ready && now.saturating_sub(self.ready_since) >= self.options.backoff.max {
            self.failures = 0;
        }
        // One round over the list is one step of the backoff: with several servers the next one is
        // as good as a fresh start.
        let servers = u32::try_from(self.servers).unwrap_or(u32::MAX);
        let wait = self.options.backoff.wait(self.failures / servers, random);
        self.failures = self.failures.saturating_add(1);
        self.server = (self.server + 1) % self.servers;
        self.phase = Phase::Waiting {
            until: now.saturating_add(wait),
        };
        Some(end)
    }

    /// The owner wants no more. Subscriptions and unwritten bytes are forgotten.
    pub fn close(&mut self) {
        self.forget_output();
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
    }

    fn forget_output(&mut self) {
        self.output.clear();
        self.in_write = 0;
    }
}
