use std::cmp::Ordering;
use std::time::Duration;

use super::{CutReason, PeerState, Switch, key_of};
use crate::codec::encode;
use crate::{LocalPeer, PeerId};

/// Most checks one call of [`Switch::on_timer`] makes; the rest are due at once after it.
const CHECKS_PER_TURN: usize = 1024;

/// When to look at a connection again. Each open one has exactly one; hearing from it moves nothing
/// here, the check finds out when it comes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Check {
    at: Duration,
    pub(super) peer: PeerId,
}

impl Ord for Check {
    /// The earliest is the greatest: the heap gives the greatest first.
    fn cmp(&self, other: &Check) -> Ordering {
        (other.at, other.peer).cmp(&(self.at, self.peer))
    }
}

impl PartialOrd for Check {
    fn partial_cmp(&self, other: &Check) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<L: LocalPeer> Switch<L> {
    /// When [`Switch::on_timer`] wants to be called.
    pub fn next_deadline(&self) -> Option<Duration> {
        let check = self.checks.peek().map(|check| check.at);
        let local = self.local.next_deadline();
        check.into_iter().chain(local).min()
    }

    /// A deadline has come. Bounded work: what is left is due at once.
    pub fn on_timer(&mut self, now: Duration) {
        for _ in 0..CHECKS_PER_TURN {
            let Some(check) = self.checks.peek().filter(|check| check.at <= now) else {
                break;
            };
            let peer = check.peer;
            self.checks.pop();
            self.check(now, peer);
        }
        if self.local.next_deadline().is_some_and(|at| at <= now) {
            self.local.on_timer(now);
        }
        self.settle(now);
    }

    /// Starts looking at a new connection.
    pub(super) fn watch_over(&mut self, now: Duration, peer: PeerId) {
        let first = self.config.connect_timeout.min(self.config.ping_interval);
        self.checks.push(Check {
            at: now.saturating_add(first),
            peer,
        });
    }

    fn check(&mut self, now: Duration, id: PeerId) {
        let interval = self.config.ping_interval;
        let Some(peer) = self.peers.get_mut(key_of(id)) else {
            return;
        };
        let connect_by = match peer.state {
            PeerState::Cut => return,
            PeerState::Connected => Duration::MAX,
            PeerState::Opening => peer.opened_at.saturating_add(self.config.connect_timeout),
        };
        if connect_by <= now {
            self.cut(id, CutReason::ConnectTimeout);
            return;
        }
        peer.give_back();
        let silence = interval.saturating_mul(peer.unanswered_pings + 1);
        let mut next = peer.last_heard.saturating_add(silence);
        if next <= now {
            if peer.unanswered_pings >= self.config.max_missed_pings {
                self.cut(id, CutReason::Stale);
                return;
            }
            peer.unanswered_pings += 1;
            next = now.saturating_add(interval);
            self.queue(id, |_, out| encode::ping(out));
        }
        self.checks.push(Check {
            at: next.min(connect_by),
            peer: id,
        });
    }
}
