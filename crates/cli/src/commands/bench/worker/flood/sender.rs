//! Sends the same heartbeats again and again, never more than a window ahead of who takes them.

use std::time::{Duration, Instant};

use aegis_bench::{BeatForm, FloodOrder};
use anyhow::Context as _;

use super::bare::{Bare, Frame};

/// About so many heartbeats are sent between two PINGs of a connection, all connections together;
/// twice as many may be on their way.
const BETWEEN_PINGS: u64 = 20_000;
/// The same where each is answered: the answers must fit into the sockets.
const BETWEEN_PINGS_ANSWERED: u64 = 2_000;
/// Most heartbeats that a subscriber may not have taken yet. Fewer than its client buffers.
const CREDIT: u64 = 50_000;

const PING: &[u8] = b"PING\r\n";

/// All connections and what was sent over them.
pub(super) struct Sender {
    streams: Vec<Stream>,
    /// Heartbeats in one write to one connection.
    per_write: u64,
    /// Writes to each connection between two PINGs.
    writes_per_ping: u64,
    /// Tells how many a subscriber has taken.
    credit: Option<Bare>,
    taken: u64,
    sent: u64,
    answered: u64,
}

struct Stream {
    bare: Bare,
    frames: Vec<u8>,
    /// The same with a PING after them.
    frames_and_ping: Vec<u8>,
    /// PINGs that were not answered yet.
    pings: u32,
}

impl Sender {
    pub(super) fn new(
        streams: Vec<(Bare, Vec<u8>)>,
        per_write: u64,
        order: &FloodOrder,
    ) -> anyhow::Result<Self> {
        let between = match order.form {
            BeatForm::FireAndForget => BETWEEN_PINGS,
            BeatForm::Acknowledged => BETWEEN_PINGS_ANSWERED,
        };
        let per_sweep = per_write * streams.len() as u64;
        let credit = match &order.credit {
            None => None,
            Some(subject) => {
                let mut bare = Bare::connect(&order.server)?;
                bare.send(format!("SUB {subject} 1\r\n").as_bytes())?;
                bare.send(PING)?;
                bare.next().context("subscribing to the credit")?;
                Some(bare)
            }
        };
        let streams = streams.into_iter().map(|(bare, frames)| Stream {
            frames_and_ping: [frames.as_slice(), PING].concat(),
            bare,
            frames,
            pings: 0,
        });
        Ok(Self {
            streams: streams.collect(),
            per_write,
            writes_per_ping: (between / per_sweep).max(1),
            credit,
            taken: 0,
            sent: 0,
            answered: 0,
        })
    }

    /// Sends for so long, and then waits until everything has been taken. How long both took.
    pub(super) fn send_for(&mut self, span: Duration) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        while begin.elapsed() < span {
            for _ in 1..self.writes_per_ping {
                self.sweep(false)?;
            }
            self.sweep(true)?;
            self.read_pongs(1)?;
        }
        for stream in &mut self.streams {
            stream.bare.send(PING)?;
            stream.pings += 1;
        }
        self.read_pongs(0)?;
        self.wait_for_credit(0)?;
        Ok(begin.elapsed())
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    /// One write to each connection.
    fn sweep(&mut self, with_ping: bool) -> anyhow::Result<()> {
        for stream in &mut self.streams {
            if with_ping {
                stream.bare.send(&stream.frames_and_ping)?;
                stream.pings += 1;
            } else {
                stream.bare.send(&stream.frames)?;
            }
        }
        self.sent += self.per_write * self.streams.len() as u64;
        self.wait_for_credit(CREDIT)
    }

    /// Reads until at most so many PINGs of each connection are not answered.
    fn read_pongs(&mut self, open: u32) -> anyhow::Result<()> {
        for stream in &mut self.streams {
            while stream.pings > open {
                match stream.bare.next()? {
                    Frame::Pong => stream.pings -= 1,
                    Frame::Message(_) => self.answered += 1,
                }
            }
        }
        Ok(())
    }

    /// Waits until a subscriber has taken all but so many.
    fn wait_for_credit(&mut self, open: u64) -> anyhow::Result<()> {
        let Some(credit) = &mut self.credit else {
            return Ok(());
        };
        while self.sent - self.taken > open {
            let next = credit.next().context("the subscriber has not taken all")?;
            if let Frame::Message(count) = next {
                self.taken = String::from_utf8_lossy(&count).parse()?;
            }
        }
        Ok(())
    }
}
