use std::net::SocketAddr;
use std::time::Duration;

use aegis_nats::{ClosedBy, LocalPeer};
use mio::net::TcpStream;
use mio::{Interest, Token};

use super::EventLoop;
use crate::connection::Connection;

impl<L: LocalPeer> EventLoop<L> {
    /// Takes the newcomers of this turn.
    pub(super) fn accept(&mut self, now: Duration) {
        let mut taken = Vec::new();
        if let Some(acceptor) = &mut self.acceptor {
            acceptor.accept(now, &mut taken);
        }
        for (socket, address) in taken {
            self.open(now, socket, address);
        }
    }

    fn open(&mut self, now: Duration, socket: TcpStream, address: SocketAddr) {
        let mut connection = Connection::new(socket, address);
        let id = match self.switch.open(now) {
            Ok(id) => id,
            Err(refused) => {
                let text = format!("-ERR '{}'\r\n", refused.wire_text());
                connection.write(text.as_bytes());
                connection.say_goodbye();
                if let Some(suppressed) = self.refused_lines.pass(now) {
                    let reason = refused.code();
                    tracing::warn!(event = "connection_refused", reason, %address, suppressed, "connection refused");
                }
                return;
            }
        };
        // Both kinds at once: the system then tells each change once, and nothing is registered
        // again when a write has to wait.
        let interest = Interest::READABLE | Interest::WRITABLE;
        let token = Token(id.0 as usize);
        let registry = self.poll.registry();
        let registered = registry.register(&mut connection.socket, token, interest);
        // Small messages must not wait for more to fill a packet.
        if let Err(error) = registered.and_then(|()| connection.socket.set_nodelay(true)) {
            tracing::debug!(event = "connection_unusable", %address, %error, "connection dropped");
            self.switch.closed(now, id, ClosedBy::Us);
            return;
        }
        tracing::debug!(event = "connection_opened", peer = id.0, %address, "connection opened");
        self.connections.insert(id, connection);
    }
}
