//! Until when a request may still be started, and whether this process can tell.
//!
//! A call says when it is over in two ways: `timeout_ms`, what was left when the router sent it,
//! and `deadline_ms`, the same instant on the router's clock. The first is counted from when the
//! request is *read*, which may be long after it was sent: a paused process finds the requests of
//! the whole pause in its socket. The second needs the router's clock, which every heartbeat reply
//! tells.
//!
//! What always holds (the property test beside it):
//!
//! 1. A deadline given is never later than what `timeout_ms` alone allows.
//! 2. With the router's clock known, a deadline given is never later than the true one by more than
//!    the way back of the best reply heard lately, and a clock's whole millisecond.
//! 3. After a stall, nothing is given a deadline before a heartbeat *sent* after it was answered.
//!
//! One per process, shared by its instances: the lifeline's thread ticks and hears the replies, the
//! work connection asks.

mod router_clock;
mod stall;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aegis_types::Instant;

use crate::admission::Refusal;
use router_clock::RouterClock;
use stall::Stall;

/// How often the lifeline's thread says that it runs, with [`Timing::ticked`].
pub const TICK: Duration = Duration::from_millis(200);

/// Longest span without a tick that is not a stall.
pub const STALL: Duration = Duration::from_secs(1);

/// The machine.
#[derive(Clone, Debug)]
pub struct Timing {
    clock: RouterClock,
    stall: Stall,
}

impl Timing {
    /// Begins to watch at `now`, with the router's clock unknown.
    pub fn new(now: Instant) -> Timing {
        Timing {
            clock: RouterClock::default(),
            stall: Stall::new(now),
        }
    }

    /// The lifeline's thread runs. If it did not for too long, for how long: then a heartbeat must
    /// be sent at once, and nothing starts before its reply.
    pub fn ticked(&mut self, now: Instant) -> Option<Duration> {
        let gap = self.stall.ticked(now)?;
        self.clock.forget(now);
        Some(gap)
    }

    /// Another router may answer from now on, with another clock: a registration goes out.
    pub fn forget_router(&mut self, now: Instant) {
        self.clock.forget(now);
    }

    /// A heartbeat sent at `sent_at` was answered, and the router's clock showed `router_now`.
    pub fn heard(&mut self, sent_at: Instant, now: Instant, router_now: Instant) {
        self.clock.heard(sent_at, now, router_now);
        self.stall.heard(sent_at);
    }

    /// The instant on our clock from which on a request read at `now` must not be started any more.
    /// `left` is its `timeout_ms`, `deadline` its `deadline_ms`.
    ///
    /// # Errors
    ///
    /// [`Refusal::Stalled`] after a stall, until the router was heard again.
    pub fn deadline(
        &mut self,
        now: Instant,
        left: Duration,
        deadline: Option<Instant>,
    ) -> Result<Instant, Refusal> {
        if self.stall.is_felt(now) {
            return Err(Refusal::Stalled);
        }
        let counted = now + left;
        let told = deadline.and_then(|deadline| self.clock.to_ours(deadline));
        Ok(told.map_or(counted, |told| told.min(counted)))
    }
}
