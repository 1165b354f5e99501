use std::time::Duration;

use super::output::OutputBuffer;
use super::slots::Key;
use super::table::TextMap;
use crate::codec::{ClientOpDecoder, ConnectInfo};

/// One connection.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) state: PeerState,
    pub(super) options: PeerOptions,
    /// What it calls itself.
    pub(super) name: Option<Box<str>>,
    pub(super) client_id: u64,
    pub(super) decoder: ClientOpDecoder,
    /// Bytes of an operation that is not whole yet.
    pub(super) tail: Vec<u8>,
    pub(super) output: OutputBuffer,
    /// Whether it stands in the list of connections with bytes to write.
    pub(super) is_dirty: bool,
    pub(super) subscriptions: TextMap<Key>,
    pub(super) opened_at: Duration,
    pub(super) last_heard: Duration,
    pub(super) unanswered_pings: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PeerState {
    /// `CONNECT` has not come yet.
    Opening,
    /// In use.
    Connected,
    /// Cut by us: it only waits for its last bytes to be written.
    Cut,
}

/// What a client asked for in `CONNECT`, as far as it changes what we do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PeerOptions {
    pub(super) verbose: bool,
    pub(super) echo: bool,
    pub(super) headers: bool,
    pub(super) no_responders: bool,
    /// Takes `INFO` at any time.
    pub(super) async_info: bool,
}

impl PeerOptions {
    pub(super) fn of(info: &ConnectInfo) -> PeerOptions {
        PeerOptions {
            verbose: info.verbose,
            echo: info.echo,
            headers: info.headers,
            // A 503 is a header: whoever cannot read it must not get one.
            no_responders: info.no_responders && info.headers,
            async_info: info.protocol >= 1,
        }
    }
}

/// A tail that became empty keeps at most this much memory.
const KEEP_TAIL: usize = 256;

impl Peer {
    pub(super) fn is_cut(&self) -> bool {
        self.state == PeerState::Cut
    }

    /// Gives back what a burst left behind.
    pub(super) fn give_back(&mut self) {
        self.output.give_back();
        if self.tail.is_empty() {
            self.tail.shrink_to(KEEP_TAIL);
        }
    }
}
