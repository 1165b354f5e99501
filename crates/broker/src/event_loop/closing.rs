use std::time::Duration;

use aegis_nats::{ClosedBy, LocalPeer, PeerId};

use super::EventLoop;

/// Turns for which a close waits for connections that were readable before it: with the read budget
/// of a turn enough for the largest receive buffer a system grants. Without a bound, a connection
/// that never stops talking would hold back every close.
const CLOSE_PATIENCE: u64 = 64;

/// A connection whose end was seen: everything it sent is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) peer: PeerId,
    pub(super) by: ClosedBy,
    /// The turn in which its end was seen.
    pub(super) turn: u64,
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
        let (due, later) = self.ended.iter().partition(|ended| {
            let was_all_read = oldest.is_none_or(|oldest| ended.turn < oldest);
            let is_proven = saw_every_event && ended.turn < self.turn && was_all_read;
            is_proven || self.turn - ended.turn >= CLOSE_PATIENCE
        });
        self.ended = later;
        let due: Vec<Ended> = due;
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
                tracing::warn!(event = reason.code(), peer = peer.0, %address, name, suppressed,
                    "connection cut: {reason}");
            }
            self.switch.closed(now, peer, ClosedBy::Us);
        }
    }
}
