//! PING and PONG: whether the broker is still there, and how far it has read.
//!
//! A broker answers PINGs in order and after everything sent before them, so one count serves both
//! uses: the `n`th PONG says that all that went out before the `n`th PING was read.

use std::time::Duration;

/// A PING that was sent; its PONG proves that everything written before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// What is due on the keepalive timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    Ping,
    Stale,
}

#[derive(Debug)]
pub(super) struct Keepalive {
    interval: Duration,
    max_silent: u32,
    next: Duration,
    /// PINGs of the timer since anything was last heard.
    silent: u32,
    sent: u64,
    answered: u64,
}

impl Keepalive {
    pub(super) fn new(interval: Duration, max_silent: u32) -> Self {
        Self {
            interval,
            max_silent,
            next: Duration::MAX,
            silent: 0,
            sent: 0,
            answered: 0,
        }
    }

    /// A new socket. Tickets of the old one are over; counts go on so that they stay unequal.
    pub(super) fn restart(&mut self, now: Duration) {
        self.next = now.saturating_add(self.interval);
        self.silent = 0;
        self.answered = self.sent;
    }

    /// Anything at all came from the broker: under load its PONG may wait behind much data.
    pub(super) fn heard(&mut self) {
        self.silent = 0;
    }

    /// A PING is being written.
    pub(super) fn pinged(&mut self) -> Ticket {
        self.sent += 1;
        Ticket(self.sent)
    }

    /// A PONG came. `None`: nobody asked for it.
    pub(super) fn ponged(&mut self) -> Option<Ticket> {
        if self.answered == self.sent {
            return None;
        }
        self.answered += 1;
        Some(Ticket(self.answered))
    }

    pub(super) fn next(&self) -> Duration {
        self.next
    }

    pub(super) fn due(&mut self, now: Duration) -> Due {
        if now < self.next {
            return Due::Nothing;
        }
        if self.silent >= self.max_silent {
            return Due::Stale;
        }
        self.silent += 1;
        // From now, not from the missed instant: after a pause of ours the broker gets its full time.
        self.next = now.saturating_add(self.interval);
        Due::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    #[test]
    fn two_unanswered_pings_make_it_stale_at_the_third_interval() {
        let mut keepalive = Keepalive::new(INTERVAL, 2);
        keepalive.restart(Duration::ZERO);
        assert_eq!(keepalive.due(INTERVAL / 2), Due::Nothing);
        assert_eq!(keepalive.due(INTERVAL), Due::Ping);
        assert_eq!(keepalive.due(INTERVAL * 2), Due::Ping);
        assert_eq!(keepalive.due(INTERVAL * 3), Due::Stale);
    }

    #[test]
    fn anything_heard_starts_the_count_again() {
        let mut keepalive = Keepalive::new(INTERVAL, 2);
        keepalive.restart(Duration::ZERO);
        for round in 1..10 {
            assert_eq!(keepalive.due(INTERVAL * round), Due::Ping);
            keepalive.heard();
        }
    }

    #[test]
    fn a_pong_nobody_asked_for_is_no_ticket() {
        let mut keepalive = Keepalive::new(INTERVAL, 2);
        let ticket = keepalive.pinged();
        assert_eq!(keepalive.ponged(), Some(ticket));
        assert_eq!(keepalive.ponged(), None);
        keepalive.pinged();
        keepalive.restart(Duration::ZERO);
        assert_eq!(keepalive.ponged(), None);
    }
}
