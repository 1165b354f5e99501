//! Lame duck: a broker that is about to stop says so, and its clients go elsewhere one by one.
//!
//! A link goes if it knows another server; with one alone it stays to the end, since answers still
//! come over this socket. First it waits a moment of its own, so that clients do not come to the
//! next broker as one herd. Then it *finishes*, at most `leave_patience`:
//!
//! 1. It takes nothing new. Requests are refused, and its host is told, who suspends the
//!    subscriptions that bring work. The PONG to a PING says that whatever was routed to us before
//!    has arrived.
//! 2. Once nothing is in flight it ends what it still listens to: what answers came over, and what
//!    could not be suspended. Another PONG: who sends to us from now on learns that nobody listens.
//! 3. If that brought no work, a last PONG says that our answers were read, and the socket is
//!    dropped.
//!
//! Publishing is possible until the third: answers still go out.

use std::time::Duration;

use super::Sid;
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
    Finishing {
        until: Duration,
        ended: Ended,
        /// What this PING's PONG has not confirmed yet may still bring work.
        awaited: Option<Ticket>,
    },
}

/// What a link that finishes listens to no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Nothing,
    /// What its host suspended.
    Work,
    All,
}

impl Link {
    /// Goes elsewhere if it is time for that. To be said, while [`is_leaving`](Self::is_leaving),
    /// with the number of things in flight on this socket (requests that wait for their reply, work
    /// that is still to be answered), whenever that becomes less and after everything heard. Before
    /// the first time that [`is_finishing`](Self::is_finishing), the host suspends what brings work.
    pub fn leave(&mut self, now: Duration, in_flight: usize) {
        let Leaving::Finishing {
            until,
            ended,
            awaited,
        } = self.leaving
        else {
            return;
        };
        if self.phase != Phase::Ready {
            return;
        }
        let is_patient = now < until;
        let is_busy = in_flight > 0 && ended != Ended::Nothing;
        if is_patient && (awaited.is_some() || is_busy) {
            return;
        }
        match ended {
            Ended::Nothing if is_patient => self.finish(until, Ended::Work),
            Ended::Work if is_patient => {
                self.end_subscriptions();
                self.finish(until, Ended::All);
            }
            Ended::Nothing | Ended::Work => {
                self.end_subscriptions();
                self.part(now);
            }
            Ended::All => self.part(now),
        }
    }

    /// Whether the broker has told us to go elsewhere and we shall.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.leaving != Leaving::No
    }

    /// Whether it takes nothing new on this socket, and only finishes what is in flight.
    #[must_use]
    pub fn is_finishing(&self) -> bool {
        matches!(self.leaving, Leaving::Finishing { .. })
    }

    /// Listens no more on this socket, and again on the next one. What is on its way still comes.
    pub fn suspend(&mut self, sid: Sid) {
        if self.subscriptions.contains(sid) && self.phase == Phase::Ready {
            encode::unsubscribe(&mut self.output, &sid.to_string(), None);
        }
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
            Leaving::Spreading { until } | Leaving::Finishing { until, .. } => Some(until),
        }
    }

    pub(super) fn leave_timer(&mut self, now: Duration) {
        if let Leaving::Spreading { until } = self.leaving
            && until <= now
        {
            self.leaving = Leaving::Finishing {
                until: now.saturating_add(self.options.leave_patience),
                ended: Ended::Nothing,
                awaited: None,
            };
        }
    }

    /// The broker has read everything up to this PING, and what it had for us before is here.
    pub(super) fn leave_answered(&mut self, answered: Ticket) {
        if let Leaving::Finishing { awaited, .. } = &mut self.leaving
            && awaited.is_some_and(|ticket| ticket <= answered)
        {
            *awaited = None;
        }
    }

    /// Whether this PONG is the one that ends the socket.
    pub(super) fn has_left(&self, answered: Ticket) -> bool {
        matches!(self.phase, Phase::Leaving { last, .. } if last <= answered)
    }

    fn finish(&mut self, until: Duration, ended: Ended) {
        encode::ping(&mut self.output);
        self.leaving = Leaving::Finishing {
            until,
            ended,
            awaited: Some(self.keepalive.pinged()),
        };
    }

    fn end_subscriptions(&mut self) {
        for (sid, _) in self.subscriptions.iter() {
            encode::unsubscribe(&mut self.output, &sid.to_string(), None);
        }
    }

    fn part(&mut self, now: Duration) {
        encode::ping(&mut self.output);
        let last = self.keepalive.pinged();
        let deadline = now.saturating_add(FLUSH);
        self.phase = Phase::Leaving { deadline, last };
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
