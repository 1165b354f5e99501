use super::{CutReason, Switch, key_of};
use crate::codec::encode;
use crate::{LocalPeer, PeerId};

impl<L: LocalPeer> Switch<L> {
    /// More waits for a connection. Keeps what waits for all of them within its limit. Answers
    /// whether that connection is still there.
    pub(super) fn note_pending(&mut self, id: PeerId, grown: usize) -> bool {
        self.pending_total += grown;
        if self.pending_total <= self.config.limits.max_pending_total {
            return true;
        }
        while self.pending_total > self.config.limits.max_pending_total {
            let Some(largest) = self.largest() else { break };
            self.evict(largest);
        }
        self.peers
            .get(key_of(id))
            .is_some_and(|peer| !peer.is_cut())
    }

    /// The connection for which most waits. A search, and a rare one: each that is found frees at
    /// least its share of the limit.
    fn largest(&self) -> Option<PeerId> {
        let uncut = self.peers.iter().filter(|(_, peer)| !peer.is_cut());
        let largest = uncut.max_by_key(|(_, peer)| peer.output.pending().len());
        largest.map(|(key, _)| PeerId(key.to_bits()))
    }

    /// Cuts off a slow consumer and frees what waits for it at once: unlike for one that is over
    /// its own limit, memory is what is short.
    fn evict(&mut self, id: PeerId) {
        let reason = CutReason::SlowConsumer;
        self.counters.evictions += 1;
        self.cut(id, reason);
        let Some(peer) = self.peers.get_mut(key_of(id)) else {
            return;
        };
        if peer.output.drop_all() {
            peer.output
                .append(usize::MAX, |out| encode::err(out, reason.wire_text()));
        }
    }
}
