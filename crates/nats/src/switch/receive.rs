use std::time::Duration;

use super::{CutReason, Switch, key_of};
use crate::codec::DecodeError;
use crate::{LocalPeer, PeerId};

impl<L: LocalPeer> Switch<L> {
    /// Takes bytes that were read from a connection and does everything whole in them.
    pub fn receive(&mut self, now: Duration, id: PeerId, bytes: &[u8]) {
        self.receive_within(now, id, bytes, usize::MAX);
    }

    /// Takes bytes that were read from a connection and does what is whole in them, up to
    /// [`turn_budget`](super::SwitchLimits::turn_budget). Answers whether some of it waits for the next turn: then call
    /// it again, with or without more bytes.
    #[must_use]
    pub fn receive_within_budget(&mut self, now: Duration, id: PeerId, bytes: &[u8]) -> bool {
        let budget = self.config.limits.turn_budget.max(1);
        self.receive_within(now, id, bytes, budget)
    }

    fn receive_within(&mut self, now: Duration, id: PeerId, bytes: &[u8], budget: usize) -> bool {
        let Some(peer) = self.peers.get_mut(key_of(id)) else {
            return false;
        };
        if peer.is_cut() {
            return false;
        }
        peer.last_heard = now;
        peer.unanswered_pings = 0;
        self.counters.bytes_in += bytes.len() as u64;
        let mut tail = std::mem::take(&mut peer.tail);
        let is_more = if tail.is_empty() {
            let (consumed, is_more) = self.decode(now, id, bytes, budget);
            tail.extend_from_slice(bytes.get(consumed..).unwrap_or_default());
            is_more
        } else {
            tail.extend_from_slice(bytes);
            let (consumed, is_more) = self.decode(now, id, &tail, budget);
            tail.drain(..consumed.min(tail.len()));
            is_more
        };
        self.counters.budgets_spent += u64::from(is_more);
        if let Some(peer) = self.peers.get_mut(key_of(id))
            && !peer.is_cut()
        {
            peer.tail = tail;
        }
        self.settle(now);
        is_more
    }

    /// Does what is whole in `bytes`, until the budget is spent. Answers how many bytes that were
    /// and whether there may be more to do.
    fn decode(&mut self, now: Duration, id: PeerId, bytes: &[u8], budget: usize) -> (usize, bool) {
        let (mut consumed, mut operations) = (0, 0);
        let deliveries_before = self.counters.messages_out;
        while let Some(rest) = bytes.get(consumed..).filter(|rest| !rest.is_empty()) {
            let Some(peer) = self.peers.get_mut(key_of(id)) else {
                break;
            };
            if peer.is_cut() {
                break;
            }
            let deliveries = (self.counters.messages_out - deliveries_before) as usize;
            if operations + deliveries >= budget {
                return (consumed, true);
            }
            operations += 1;
            match peer.decoder.decode(rest) {
                Ok(None) => break,
                Ok(Some((op, len))) => {
                    consumed += len;
                    self.operate(now, id, op);
                    // Each operation is over for the local peer too before the next one: a client
                    // that subscribes and then registers in one write has subscribed first.
                    self.settle(now);
                }
                Err(DecodeError::Refused {
                    refusal,
                    consumed: len,
                }) => {
                    consumed += len;
                    self.refuse(id, refusal.wire_text());
                }
                Err(DecodeError::Protocol(error)) => {
                    self.cut(id, CutReason::Protocol(error));
                    break;
                }
            }
        }
        (consumed, false)
    }
}
