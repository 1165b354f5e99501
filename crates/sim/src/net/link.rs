use std::collections::VecDeque;
use std::time::Duration;

use aegis_nats::PeerId;
use aegis_nats::codec::{ClientOpDecoder, ServerOpDecoder};

use super::streams::{ClientStream, ServerStream};
use super::weather::Cutter;
use crate::story::ProcId;

/// A connection of the simulated world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LinkId(pub(crate) u32);

/// One TCP connection: bytes come in the order in which they were sent, in other chunks.
pub(crate) struct Link {
    pub(crate) owner: ProcId,
    pub(crate) name: &'static str,
    /// The switch's name for it, from its arrival to its end there.
    pub(crate) peer: Option<PeerId>,
    pub(crate) open_at_peer: bool,
    /// On the way to the switch.
    pub(crate) up: VecDeque<Vec<u8>>,
    /// When the last of these arrives.
    pub(crate) up_last: Duration,
    /// On the way to the peer.
    pub(crate) down: VecDeque<Vec<u8>>,
    pub(crate) down_last: Duration,
    /// How many bytes these are.
    pub(crate) down_bytes: usize,
    /// Of what waits in the switch for this connection, so much was overheard.
    pub(crate) overheard: usize,
    pub(crate) ear_in: ClientStream,
    pub(crate) ear_out: ServerStream,
    /// What the peer reads with, if it has nothing of its own.
    pub(crate) reader: ServerStream,
    pub(super) cut_in: Cutter<ClientOpDecoder>,
    pub(super) cut_out: Cutter<ServerOpDecoder>,
    /// Messages that are overtaken, on their way to the switch.
    pub(super) late_in: VecDeque<Vec<u8>>,
    /// The same to the peer.
    pub(super) late_out: VecDeque<Vec<u8>>,
}

impl Link {
    pub(crate) fn new(owner: ProcId, name: &'static str, now: Duration) -> Link {
        Link {
            owner,
            name,
            peer: None,
            open_at_peer: true,
            up: VecDeque::new(),
            up_last: now,
            down: VecDeque::new(),
            down_last: now,
            down_bytes: 0,
            overheard: 0,
            ear_in: ClientStream::new(),
            ear_out: ServerStream::new(),
            reader: ServerStream::new(),
            cut_in: Cutter::of_client(),
            cut_out: Cutter::of_server(),
            late_in: VecDeque::new(),
            late_out: VecDeque::new(),
        }
    }
}
