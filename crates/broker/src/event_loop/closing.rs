use std::time::Duration;

use aegis_nats::{ClosedBy, LocalPeer, PeerId};

use super::EventLoop;

/// Turns for which a close waits for connections that were readable before it. Enough for 16,000
/// operations that were sent before it, or for 16 MiB of large ones, at the budgets of a turn.
/// Without a bound, a connection that never stops talking would hold back every close.
const CLOSE_PATIENCE: u64 = 256;

/// A connection whose end was seen: everything it sent is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) peer: PeerId,
    pub(super) by: ClosedBy,
    /// The turn in which its end was seen.
    pub(super) turn: u64,
}

/// What one turn saw, for judging the closes seen before it.
#[derive(Clone, Copy, Debug)]
struct Look {
    turn: u64,
    /// The system had no more to tell than fits into one turn.
    saw_every_event: bool,
    /// Since which turn the connection that waits longest waits to be read on.
    oldest_unread: Option<u64>,
}

impl Look {
    /// Whether everything readable before a close has been read, or waited for long enough.
    fn proves(&self, ended: &Ended) -> bool {
        let was_all_read = self.oldest_unread.is_none_or(|since| ended.turn < since);
        let is_proven = self.saw_every_event && ended.turn < self.turn && was_all_read;
        is_proven || self.turn - ended.turn >= CLOSE_PATIENCE
    }
}

impl<L: LocalPeer> EventLoop<L> {
    /// Tells the switch of closes, each one turn after it was seen at the earliest: a close is
    /// evidence, and what other connections (of the same process, say) had sent before it comes
    /// first. So everything that was readable when it was seen is read, and the system has been
    /// asked once more.
    pub(super) fn apply_closes(&mut self, now: Duration, saw_every_event: bool) {
        if self.ended.is_empty() {
            return;
        }
        let since = |id: &PeerId| self.connections.get(id)?.ready_since;
        let oldest = self.ready.iter().filter_map(since).min();
        let look = Look {
            turn: self.turn,
            saw_every_event,
            oldest_unread: oldest,
        };
        let (due, later): (Vec<Ended>, _) = self.ended.iter().partition(|end| look.proves(end));
        self.ended = later;
        for Ended { peer, by, .. } in due {
            self.close(now, peer, by);
        }
    }

    fn close(&mut self, now: Duration, peer: PeerId, by: ClosedBy) {
        let Some(mut connection) = self.connections.remove(&peer) else {
            return;
        };
        if connection.broken.is_none() {
            // It may have closed only its sending side: what it asked for is still owed.
            connection.write(self.switch.output(peer));
        }
        let address = connection.address;
        tracing::debug!(event = "connection_closed", peer = peer.0, %address, ?by, "connection closed");
        self.switch.closed(now, peer, by);
    }

    /// Closes what the switch cut, after its last words were written if it takes them.
    pub(super) fn close_cut(&mut self, now: Duration) {
        let mut cuts = Vec::new();
        self.switch.take_cuts(&mut cuts);
        for (peer, reason) in cuts {
            let Some(mut connection) = self.connections.remove(&peer) else {
                continue;
            };
            connection.write(self.switch.output(peer));
            connection.say_goodbye();
            if let Some(suppressed) = self.cut_lines.pass(now) {
                let (address, name) = (connection.address, self.switch.peer_name(peer));
                tracing::warn!(event = "connection_cut", reason = reason.code(), peer = peer.0, %address, name, suppressed,
                    "connection cut: {reason}");
            }
            self.switch.closed(now, peer, ClosedBy::Us);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_waits_for_what_was_readable_before_it() {
        let ended = Ended {
            peer: PeerId(0),
            by: ClosedBy::Peer,
            turn: 10,
        };
        let look = |turn, saw_every_event, oldest_unread| Look {
            turn,
            saw_every_event,
            oldest_unread,
        };
        assert!(look(11, true, None).proves(&ended));
        assert!(look(11, true, Some(11)).proves(&ended));
        for early in [
            look(10, true, None),
            look(11, false, None),
            look(11, true, Some(10)),
            look(12, true, Some(3)),
        ] {
            assert!(!early.proves(&ended), "{early:?}");
        }
        assert!(look(10 + CLOSE_PATIENCE, false, Some(3)).proves(&ended));
    }
}
