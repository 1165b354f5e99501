use std::collections::HashSet;

use super::table::Owner;
use super::{Switch, key_of};
use crate::{LocalPeer, PeerId};

impl<L: LocalPeer> Switch<L> {
    /// Finds what must never be, between two calls. Slow: for tests and simulation.
    pub fn check_invariants(&self) -> Result<(), String> {
        self.table.check_invariants()?;
        if !self.notices.is_empty() {
            return Err(String::from("the local peer was not told everything"));
        }
        let dirty: HashSet<PeerId> = self.dirty.iter().copied().collect();
        if dirty.len() != self.dirty.len() {
            return Err(String::from("a connection is listed as dirty twice"));
        }
        let uncut = self.peers.iter().filter(|(_, peer)| !peer.is_cut());
        let pending: usize = uncut.map(|(_, peer)| peer.output.pending().len()).sum();
        if pending != self.pending_total || pending > self.config.limits.max_pending_total {
            let total = self.pending_total;
            return Err(format!(
                "{pending} bytes pending in all, counted as {total}"
            ));
        }
        let checked: HashSet<PeerId> = self.checks.iter().map(|check| check.peer).collect();
        for (key, peer) in self.peers.iter() {
            let id = PeerId(key.to_bits());
            if peer.is_dirty != dirty.contains(&id) {
                return Err(format!("dirty and not listed, or listed and not: {id:?}"));
            }
            if peer.is_cut() && !peer.subscriptions.is_empty() {
                return Err(format!("cut and subscribed: {id:?}"));
            }
            if !peer.is_cut() && !checked.contains(&id) {
                return Err(format!("never looked at again: {id:?}"));
            }
            let limit = self.config.limits.max_pending;
            if !peer.is_cut() && peer.output.pending().len() > limit {
                return Err(format!("more than {limit} bytes pending: {id:?}"));
            }
            for (sid, subscription) in &peer.subscriptions {
                let known = self.table.get(*subscription);
                let owner = known.map(|known| (known.owner, &known.sid));
                if owner != Some((Owner::Peer(id), sid)) {
                    return Err(format!("subscription {sid} of {id:?} is {known:?}"));
                }
            }
        }
        self.table.owners().try_for_each(|owner| match owner {
            Owner::Peer(id) if self.peers.get(key_of(id)).is_none() => {
                Err(format!("subscription of a closed connection: {id:?}"))
            }
            _ => Ok(()),
        })
    }
}
