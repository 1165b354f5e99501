use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};

use aegis_nats::ClosedBy;
use mio::net::TcpStream;

/// One socket and what is known of its readiness, which the system tells only when it changes.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) socket: TcpStream,
    pub(crate) address: SocketAddr,
    /// The turn since which it is ready to be read, if it is.
    pub(crate) ready_since: Option<u64>,
    /// The switch has bytes of it that were over its budget.
    pub(crate) owes_work: bool,
    /// The system announced its end: read on until it comes.
    pub(crate) is_ending: bool,
    /// It took no more bytes: wait until the system says that it does.
    pub(crate) is_blocked: bool,
    /// Writing to it failed: it ends once what it sent is read.
    pub(crate) broken: Option<ClosedBy>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadOutcome {
    Bytes(usize),
    /// Nothing to read now.
    Drained,
    /// Nothing to read ever.
    Ended(ClosedBy),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WriteOutcome {
    Bytes(usize),
    /// Takes nothing now.
    Blocked,
    /// Takes nothing ever. What can still be read comes first.
    Broken(ClosedBy),
}

impl Connection {
    pub(crate) fn new(socket: TcpStream, address: SocketAddr) -> Connection {
        Connection {
            socket,
            address,
            ready_since: None,
            owes_work: false,
            is_ending: false,
            is_blocked: false,
            broken: None,
        }
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> ReadOutcome {
        loop {
            return match self.socket.read(buffer) {
                Ok(0) => ReadOutcome::Ended(ClosedBy::Peer),
                Ok(count) => ReadOutcome::Bytes(count),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => continue,
                    io::ErrorKind::WouldBlock => ReadOutcome::Drained,
                    kind => ReadOutcome::Ended(closed_by(kind)),
                },
            };
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> WriteOutcome {
        loop {
            return match self.socket.write(bytes) {
                Ok(count) => WriteOutcome::Bytes(count),
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => continue,
                    io::ErrorKind::WouldBlock => WriteOutcome::Blocked,
                    kind => WriteOutcome::Broken(closed_by(kind)),
                },
            };
        }
    }

    /// Tells the other side that nothing more comes. If it is gone already, that is as well.
    pub(crate) fn say_goodbye(&self) {
        let _already_gone = self.socket.shutdown(Shutdown::Write);
    }
}

/// Only these prove that the other side closed: a process killed under load leaves a reset, not an
/// end of file. Anything else is trouble on our side.
fn closed_by(kind: io::ErrorKind) -> ClosedBy {
    match kind {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => ClosedBy::Peer,
        _ => ClosedBy::Us,
    }
}
