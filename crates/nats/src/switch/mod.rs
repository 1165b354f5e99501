//! The message switch: connections, subscriptions, queue groups, no responders, keepalive. No
//! sockets and no clock.
//!
//! # The contract for whoever drives it
//!
//! 1. [`Switch::open`] a connection, [`Switch::receive`] what was read from it, in any chunks.
//!    Where several connections share a thread, use [`Switch::receive_within_budget`]: what is over
//!    a connection's budget waits, and is done by calling it again without new bytes.
//! 2. After a turn of reads, write [`Switch::output`] of each connection in [`Switch::take_dirty`]
//!    once, and say how much went out with [`Switch::wrote`]. What is left is yours to go on with
//!    when the socket takes more.
//! 3. For each connection in [`Switch::take_cuts`], try to write what it still has, close it, and
//!    say so with [`Switch::closed`].
//! 4. When the other side closes a connection, first `receive` everything readable on *every*
//!    connection, then call `closed`: a close is evidence for the local peer and must not overtake
//!    what was sent before it.
//! 5. Call [`Switch::on_timer`] once [`Switch::next_deadline`] has come.
//!
//! `now` is the span since an origin that the host chose, and never goes back.
//!
//! # Traffic before `CONNECT`
//!
//! As on a nats-server without authentication, a connection may work before its `CONNECT`, with the
//! options an empty one stands for; it is cut if none comes within
//! [`SwitchConfig::connect_timeout`].

mod config;
mod counters;
mod cut;
mod groups;
mod invariants;
mod keepalive;
pub mod limit;
mod local_turn;
mod no_responders;
mod operations;
mod output;
mod peer;
mod pending;
mod receive;
mod route;
mod slots;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

pub use config::{SwitchConfig, SwitchLimits};
pub use counters::Counters;
pub use cut::{CutReason, Refused};
pub use local_turn::NoLocalPeer;

use crate::codec::{ClientOpDecoder, ConnectInfo, ServerInfo, encode};
use crate::{ClosedBy, LocalPeer, Outbox, PeerId};
use keepalive::Check;
use local_turn::Notice;
use output::OutputBuffer;
use peer::{Peer, PeerOptions, PeerState};
use slots::{Key, Slots};
use table::{Matches, Owner, Table, TextMap, hashing};

/// The switch and the local peer in it.
#[derive(Debug)]
pub struct Switch<L> {
    config: SwitchConfig,
    local: L,
    /// What the local peer published is routed from here while it fills its own outbox again.
    taken: Outbox,
    notices: VecDeque<Notice>,
    table: Table,
    peers: Slots<Peer>,
    checks: BinaryHeap<Check>,
    dirty: Vec<PeerId>,
    cuts: Vec<(PeerId, CutReason)>,
    matches: Matches,
    /// Memory for the header block of a 503.
    no_responders_headers: Vec<u8>,
    random: groups::Random,
    counters: Counters,
    /// Bytes waiting for all connections that are not cut.
    pending_total: usize,
    is_shutting_down: bool,
}

fn key_of(id: PeerId) -> Key {
    Key::from_bits(id.0)
}

impl<L: LocalPeer> Switch<L> {
    /// A switch without connections. Takes the local peer's subscriptions.
    pub fn new(config: SwitchConfig, local: L) -> Switch<L> {
        let mut table = Table::new(&hashing(config.seed), local.watches());
        for (pattern, queue_group) in local.subscriptions() {
            table.subscribe(Owner::Local, "", &pattern, queue_group.as_deref());
        }
        Switch {
            random: groups::Random::new(config.seed),
            config,
            local,
            taken: Outbox::default(),
            notices: VecDeque::new(),
            table,
            peers: Slots::new(),
            checks: BinaryHeap::new(),
            dirty: Vec::new(),
            cuts: Vec::new(),
            matches: Matches::default(),
            no_responders_headers: Vec::new(),
            counters: Counters::default(),
            pending_total: 0,
            is_shutting_down: false,
        }
    }

    /// Takes a connection; its `INFO` waits to be written.
    pub fn open(&mut self, now: Duration) -> Result<PeerId, Refused> {
        if self.is_shutting_down {
            self.counters.connections_refused += 1;
            return Err(Refused::ShuttingDown);
        }
        if self.peers.len() >= self.config.limits.max_connections {
            self.counters.connections_refused += 1;
            self.counters.connections_limited += 1;
            return Err(Refused::TooManyConnections);
        }
        self.counters.connections_opened += 1;
        let client_id = self.counters.connections_opened;
        let key = self.peers.insert(Peer {
            state: PeerState::Opening,
            options: PeerOptions::of(&ConnectInfo::default()),
            name: None,
            client_id,
            decoder: ClientOpDecoder::new(self.config.limits.protocol),
            tail: Vec::new(),
            output: OutputBuffer::default(),
            is_dirty: false,
            subscriptions: TextMap::with_hasher(hashing(self.config.seed)),
            opened_at: now,
            last_heard: now,
            unanswered_pings: 0,
        });
        let id = PeerId(key.to_bits());
        let info = self.info(client_id);
        self.queue(id, |_, out| encode::info(out, &info));
        self.watch_over(now, id);
        self.settle(now);
        Ok(id)
    }

    /// A connection ended, and everything readable on every connection was received before. Frees
    /// it; for one that the switch cut, whatever `by` says, the local peer knows already.
    pub fn closed(&mut self, now: Duration, id: PeerId, by: ClosedBy) {
        let Some(peer) = self.peers.get(key_of(id)) else {
            return;
        };
        if !peer.is_cut() {
            self.pending_total -= peer.output.pending().len();
            self.leave(id, by);
        }
        self.peers.remove(key_of(id));
        self.settle(now);
    }

    /// What waits to be written to a connection.
    pub fn output(&self, id: PeerId) -> &[u8] {
        let peer = self.peers.get(key_of(id));
        peer.map_or(&[], |peer| peer.output.pending())
    }

    /// So many bytes of [`Switch::output`] were written.
    pub fn wrote(&mut self, id: PeerId, count: usize) {
        if let Some(peer) = self.peers.get_mut(key_of(id)) {
            let written = peer.output.wrote(count);
            if !peer.is_cut() {
                self.pending_total -= written;
            }
            self.counters.bytes_out += count as u64;
        }
    }

    /// Moves the connections that got bytes to write since the last call into `into`, each once.
    pub fn take_dirty(&mut self, into: &mut Vec<PeerId>) {
        for id in self.dirty.drain(..) {
            if let Some(peer) = self.peers.get_mut(key_of(id)) {
                peer.is_dirty = false;
                into.push(id);
            }
        }
    }

    /// Moves the connections cut since the last call into `into`.
    pub fn take_cuts(&mut self, into: &mut Vec<(PeerId, CutReason)>) {
        into.append(&mut self.cuts);
    }

    /// Takes no new connections, tells clients that understand it to go elsewhere, and tells the
    /// local peer to finish.
    pub fn shutdown(&mut self, now: Duration) {
        if std::mem::replace(&mut self.is_shutting_down, true) {
            return;
        }
        let told: Vec<(PeerId, u64)> = self
            .peers
            .iter()
            .filter(|(_, peer)| peer.options.async_info)
            .map(|(key, peer)| (PeerId(key.to_bits()), peer.client_id))
            .collect();
        for (id, client_id) in told {
            let info = self.info(client_id);
            self.queue(id, |_, out| encode::info(out, &info));
        }
        self.local.on_shutdown(now);
        self.settle(now);
    }

    /// Whether the local peer has nothing left to wait for during a shutdown.
    pub fn is_idle(&self) -> bool {
        self.local.is_idle()
    }

    /// The local peer.
    pub fn local(&self) -> &L {
        &self.local
    }

    /// The local peer, when the switch is not needed any more.
    pub fn into_local(self) -> L {
        self.local
    }

    /// Lets the host talk to the local peer; what it publishes is sent.
    pub fn with_local<R>(&mut self, now: Duration, talk: impl FnOnce(&mut L) -> R) -> R {
        let answer = talk(&mut self.local);
        self.settle(now);
        answer
    }

    /// What was done so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Connections at this time, the ones just cut included.
    pub fn connections(&self) -> usize {
        self.peers.len()
    }

    /// What a client calls itself in `CONNECT`.
    pub fn peer_name(&self, id: PeerId) -> Option<&str> {
        self.peers.get(key_of(id))?.name.as_deref()
    }

    /// Whether any connection subscribes to exactly this subject.
    pub fn has_interest(&self, subject: &str) -> bool {
        self.table.has_interest(subject)
    }

    fn info(&self, client_id: u64) -> Vec<u8> {
        let info = ServerInfo {
            server_id: self.config.server_id.clone(),
            server_name: self.config.server_name.clone(),
            version: String::from(env!("CARGO_PKG_VERSION")),
            proto: 1,
            host: self.config.host.clone(),
            port: self.config.port,
            headers: true,
            max_payload: self.config.limits.protocol.max_payload,
            client_id,
            ldm: self.is_shutting_down,
            ..ServerInfo::default()
        };
        // Strings and numbers cannot fail to serialise.
        serde_json::to_vec(&info).unwrap_or_default()
    }
}
