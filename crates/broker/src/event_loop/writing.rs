use aegis_nats::{LocalPeer, PeerId};

use super::EventLoop;
use crate::connection::WriteOutcome;

impl<L: LocalPeer> EventLoop<L> {
    /// One gathered write for each connection that got something to write or takes bytes again.
    pub(super) fn write(&mut self) {
        self.switch.take_dirty(&mut self.to_write);
        let mut to_write = std::mem::take(&mut self.spare);
        std::mem::swap(&mut to_write, &mut self.to_write);
        for id in to_write.drain(..) {
            self.write_one(id);
        }
        self.spare = to_write;
    }

    fn write_one(&mut self, id: PeerId) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        while !connection.is_blocked {
            let output = self.switch.output(id);
            if output.is_empty() {
                return;
            }
            match connection.write(output) {
                WriteOutcome::Bytes(count) => self.switch.wrote(id, count),
                WriteOutcome::Blocked => connection.is_blocked = true,
                WriteOutcome::Broken(by) => {
                    // What it sent before it went has to be read first; reading finds the end.
                    connection.is_blocked = true;
                    connection.is_ending = true;
                    connection.broken = Some(by);
                    if connection.ready_since.is_none() {
                        connection.ready_since = Some(self.turn);
                        self.ready.push(id);
                    }
                }
            }
        }
    }
}
