//! Lame duck: a broker that is about to stop says so, and its clients go elsewhere one by one.
//!
//! A link goes if it knows another server; with one alone it stays to the end, since answers still
//! come over this socket. First it waits a moment of its own, so that clients do not come to the
//! next broker as one herd, then until nothing of its own is in flight (at most
//! `leave_patience`). Then it ends its subscriptions and asks for a PONG: whatever the broker routed
//! to us before it read that has then arrived, and who sends to us later learns that nobody listens.

use std::time::Duration;

use super::keepalive::Ticket;
use super::link::{Link, Phase};
use crate::codec::encode;

/// Longest wait for the PONG that says that everything was read.
const FLUSH: Duration = Duration::from_secs(2);

/// Where a link stands that was told to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// Nobody said anything.
    No,
    /// It goes not before this instant.
    Spreading { until: Duration },
    /// It goes when nothing is in flight, or at this instant.
    Finishing { until: Duration },
}

impl Link {
    /// Goes elsewhere if it is time for that. To be said, while [`is_leaving`](Self::is_leaving),
    /// with the number of requests that still wait for their reply on this socket, whenever that
    /// becomes less and after each [`timer`](Self::timer).
    pub fn leave(&mut self, now: Duration, in_flight: usize) {
        let Leaving::Finishing { until } = self.leaving else {
            return;
        };
        if self.phase != Phase::Ready || (in_flight > 0 && now < until) {
            return;
        }
        for (sid, _) in self.subscriptions.iter() {
            encode::unsubscribe(&mut self.output, &sid.to_string(), None);
        }
        encode::ping(&mut self.output);
        let last = self.keepalive.pinged();
        let deadline = now.saturating_add(FLUSH);
        self.phase = Phase::Leaving { deadline, last };
    }

    /// Whether the broker has told us to go elsewhere and we shall.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.leaving != Leaving::No
    }

    /// The broker says that it is about to stop.
    pub(super) fn told_to_go(&mut self, now: Duration) {
        if self.is_leaving() || !self.servers.has_another() {
            return;
        }
        self.spread = self.spread.wrapping_add(1);
        let until = now.saturating_add(spread(self.options.leave_jitter, self.spread));
        self.leaving = Leaving::Spreading { until };
    }

    /// When [`timer`](Self::timer) has something to do for this.
    pub(super) fn leave_deadline(&self) -> Option<Duration> {
        match self.leaving {
            Leaving::No => None,
            Leaving::Spreading { until } | Leaving::Finishing { until } => Some(until),
        }
    }

    pub(super) fn leave_timer(&mut self, now: Duration) {
        if let Leaving::Spreading { until } = self.leaving
            && until <= now
        {
            let until = now.saturating_add(self.options.leave_patience);
            self.leaving = Leaving::Finishing { until };
        }
    }

    /// Whether this PONG is the one that ends the socket.
    pub(super) fn has_left(&self, answered: Ticket) -> bool {
        matches!(self.phase, Phase::Leaving { last, .. } if last <= answered)
    }
}

/// An even draw from nothing to `most`. (The mixer is the finaliser of SplitMix64.)
fn spread(most: Duration, seed: u64) -> Duration {
    let mut mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    let drawn = (u128::from(mixed) * (u128::from(nanos) + 1)) >> 64;
    Duration::from_nanos(u64::try_from(drawn).unwrap_or(nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_spread_over_the_whole_span() {
        let most = Duration::from_secs(1);
        let drawn: Vec<u128> = (0..1000)
            .map(|seed| spread(most, seed).as_millis())
            .collect();
        for tenth in 0..10 {
            let within = drawn.iter().filter(|at| **at / 100 == tenth).count();
            assert!((50..200).contains(&within), "{within} in tenth {tenth}");
        }
    }
}
