use std::io;
use std::pin::pin;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::Then;

/// Chunks that are under way while a delay lasts; beyond it the sender is not read any more.
const CHUNKS_UNDER_WAY: usize = 1024;

/// Most bytes of one chunk.
const CHUNK_BYTES: usize = 16 * 1024;

/// What is wrong with one direction. By default nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    pub(super) silent: bool,
    pub(super) delay: Duration,
    /// Bytes that may still pass, and what happens then.
    pub(super) budget: Option<(u64, Then)>,
}

/// One direction of one connection.
#[derive(Debug)]
pub(super) struct Lane {
    state: watch::Sender<State>,
}

#[derive(Debug)]
struct State {
    faults: Faults,
    relayed: u64,
}

/// What was read, and when it may go on.
struct Chunk {
    due: Instant,
    read: Read,
}

enum Read {
    Bytes(Vec<u8>),
    /// The sender is done in order; the other way may go on.
    End,
    /// The sender reset the connection.
    Reset,
}

/// Why a lane carries nothing more.
#[derive(Debug)]
pub(super) enum LaneEnd {
    /// Its sender is done, and the receiver has been told.
    Finished,
    /// The whole connection is to be closed.
    Broken,
}

impl Lane {
    pub(super) fn new(faults: Faults) -> Lane {
        let (state, _) = watch::channel(State { faults, relayed: 0 });
        Lane { state }
    }

    /// In force when this returns: what passes next passes under the new faults.
    pub(super) fn change(&self, change: impl FnOnce(&mut Faults)) {
        self.state.send_modify(|state| change(&mut state.faults));
    }

    pub(super) fn relayed(&self) -> u64 {
        self.state.borrow().relayed
    }

    /// Until something may pass.
    pub(super) async fn open(&self) {
        let mut state = self.state.subscribe();
        // The sender lives as long as this lane.
        let _ = state.wait_for(|state| !state.faults.silent).await;
    }

    /// Relays until the sender is done or the connection breaks. `hear` is told what was read.
    pub(super) async fn relay(
        &self,
        from: OwnedReadHalf,
        to: OwnedWriteHalf,
        hear: impl FnMut(&[u8]),
    ) -> LaneEnd {
        let (under_way, arriving) = mpsc::channel(CHUNKS_UNDER_WAY);
        let mut read = pin!(self.read(from, under_way, hear));
        let mut write = pin!(self.write(to, arriving));
        tokio::select! {
            end = &mut write => end,
            () = &mut read => write.await,
        }
    }

    async fn read(
        &self,
        mut from: OwnedReadHalf,
        under_way: mpsc::Sender<Chunk>,
        mut hear: impl FnMut(&[u8]),
    ) {
        let mut buffer = vec![0; CHUNK_BYTES];
        loop {
            // A sender into silence fills its own buffers, as one into a dead network does.
            self.open().await;
            let read = match from.read(&mut buffer).await {
                Ok(0) => Read::End,
                Ok(len) => Read::Bytes(buffer[..len].to_vec()),
                Err(_) => Read::Reset,
            };
            if let Read::Bytes(bytes) = &read {
                hear(bytes);
            }
            let is_last = !matches!(read, Read::Bytes(_));
            let due = Instant::now() + self.state.borrow().faults.delay;
            let taken = under_way.send(Chunk { due, read }).await;
            if is_last || taken.is_err() {
                return;
            }
        }
    }

    async fn write(&self, to: OwnedWriteHalf, mut arriving: mpsc::Receiver<Chunk>) -> LaneEnd {
        while let Some(chunk) = arriving.recv().await {
            sleep_until(chunk.due).await;
            self.open().await;
            match chunk.read {
                Read::Bytes(bytes) => match self.deliver(&to, &bytes).await {
                    Ok(Verdict::GoOn) => {}
                    Ok(Verdict::Cut) | Err(_) => return LaneEnd::Broken,
                },
                // Dropping its half tells the receiver.
                Read::End => return LaneEnd::Finished,
                Read::Reset => return LaneEnd::Broken,
            }
        }
        LaneEnd::Broken
    }

    async fn deliver(&self, to: &OwnedWriteHalf, mut bytes: &[u8]) -> io::Result<Verdict> {
        while !bytes.is_empty() {
            self.open().await;
            to.writable().await?;
            match self.deliver_some(to, bytes) {
                Ok((len, Verdict::GoOn)) => bytes = &bytes[len..],
                Ok((_, Verdict::Cut)) => return Ok(Verdict::Cut),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Verdict::GoOn)
    }

    /// Looks at the faults and writes in one step, so that nothing slips past a change.
    fn deliver_some(&self, to: &OwnedWriteHalf, bytes: &[u8]) -> io::Result<(usize, Verdict)> {
        let mut result = Ok((0, Verdict::GoOn));
        self.state.send_if_modified(|state| {
            result = state.write(to, bytes);
            false
        });
        result
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    GoOn,
    Cut,
}

impl State {
    fn write(&mut self, to: &OwnedWriteHalf, bytes: &[u8]) -> io::Result<(usize, Verdict)> {
        if self.faults.silent {
            return Ok((0, Verdict::GoOn));
        }
        let allowed = self.faults.budget.map_or(bytes.len(), |(left, _)| {
            usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))
        });
        let len = match allowed {
            0 => 0,
            _ => to.try_write(&bytes[..allowed])?,
        };
        self.relayed += len as u64;
        Ok((len, self.spend(len as u64)))
    }

    fn spend(&mut self, len: u64) -> Verdict {
        let Some((left, then)) = &mut self.faults.budget else {
            return Verdict::GoOn;
        };
        *left -= len;
        match (*left, *then) {
            (0, Then::Cut) => Verdict::Cut,
            (0, Then::Silence) => {
                self.faults.silent = true;
                Verdict::GoOn
            }
            _ => Verdict::GoOn,
        }
    }
}
