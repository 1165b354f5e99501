use std::time::Duration;

use aegis_nats::{LocalPeer, PeerId};
use mio::event::Event;
use mio::{Events, Token};

use super::EventLoop;
use super::closing::Ended;
use crate::accept::Acceptor;
use crate::broker::{LISTENER, WAKER};
use crate::connection::ReadOutcome;

/// Bytes read from one connection per turn, and the size of the one buffer all reads share. Who has
/// more to say goes on in the next turn, after everybody else had theirs; so does who says more in
/// these bytes than the switch does for one connection in one turn.
pub(super) const READ_BUDGET: usize = 64 * 1024;

impl<L: LocalPeer> EventLoop<L> {
    /// Takes down what the system says; it says each change only once.
    pub(super) fn note_readiness(&mut self, events: &Events) {
        for event in events {
            match event.token() {
                // The wish to stop is looked at in every turn.
                WAKER => {}
                LISTENER => self.acceptor.iter_mut().for_each(Acceptor::set_ready),
                Token(id) => self.note_connection(PeerId(id as u64), event),
            }
        }
    }

    fn note_connection(&mut self, id: PeerId, event: &Event) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let is_ending = event.is_read_closed() || event.is_error();
        connection.is_ending |= is_ending;
        if (event.is_readable() || is_ending) && connection.ready_since.is_none() {
            connection.ready_since = Some(self.turn);
            self.ready.push(id);
        }
        if event.is_writable() && connection.is_blocked {
            connection.is_blocked = false;
            self.to_write.push(id);
        }
    }

    /// Reads every ready connection, each within its budget.
    pub(super) fn read(&mut self, now: Duration) {
        let mut ready = std::mem::take(&mut self.spare);
        std::mem::swap(&mut ready, &mut self.ready);
        for id in ready.drain(..) {
            self.read_one(now, id);
        }
        self.spare = ready;
    }

    fn read_one(&mut self, now: Duration, id: PeerId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        // What it sent before and had no budget for comes first; nothing is read on top of it.
        if connection.owes_work {
            connection.owes_work = self.switch.receive_within_budget(now, id, b"");
            if connection.owes_work {
                self.ready.push(id);
                return;
            }
        }
        let mut budget = READ_BUDGET;
        let end = loop {
            match connection.read(&mut self.buffer) {
                ReadOutcome::Bytes(count) => {
                    let bytes = self.buffer.get(..count).unwrap_or_default();
                    connection.owes_work = self.switch.receive_within_budget(now, id, bytes);
                    budget = budget.saturating_sub(count);
                    if budget == 0 || connection.owes_work {
                        self.ready.push(id);
                        return;
                    }
                    // A short read means that nothing was left; the system tells when that changes.
                    if count < self.buffer.len() && !connection.is_ending {
                        break None;
                    }
                }
                ReadOutcome::Drained => break connection.broken,
                ReadOutcome::Ended(by) => break Some(by),
            }
        };
        connection.ready_since = None;
        if let Some(by) = end {
            let turn = self.turn;
            self.ended.push(Ended { peer: id, by, turn });
        }
    }
}
