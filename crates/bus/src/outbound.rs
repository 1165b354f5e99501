//! The write side of one socket.

use std::io;

use crate::shared::Shared;
use crate::transport::Writer;

/// Writes before the socket is read again, so that busy publishers cannot starve replies and timers.
const MAX_WRITES: usize = 8;

/// Where writing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All is written. Who appends more wakes the task.
    Idle,
    /// The socket takes no more for now.
    Blocked,
    /// There may be more, after a look at the other side.
    More,
}

/// Bytes on their way out.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    bytes: Vec<u8>,
    written: usize,
}

impl Outbound {
    /// Writes what waits, without waiting.
    pub(crate) fn write(
        &mut self,
        writer: &mut impl Writer,
        shared: &Shared,
    ) -> io::Result<Progress> {
        for _ in 0..MAX_WRITES {
            let mut rest = self.bytes.get(self.written..).unwrap_or_default();
            if rest.is_empty() {
                self.written = 0;
                shared.take_output(&mut self.bytes);
                rest = &self.bytes;
            }
            if rest.is_empty() {
                return now_or_blocked(writer.try_flush(), Progress::Idle);
            }
            match writer.try_write(rest) {
                Ok(count) => self.written += count,
                Err(error) => return now_or_blocked(Err(error), Progress::More),
            }
        }
        Ok(Progress::More)
    }
}

fn now_or_blocked(done: io::Result<()>, progress: Progress) -> io::Result<Progress> {
    match done {
        Ok(()) => Ok(progress),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Progress::Blocked),
        Err(error) => Err(error),
    }
}
