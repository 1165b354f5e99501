use thiserror::Error;

use aegis_plants::Plant;

use super::table::InterestChange;
use super::{Notice, Peer, PeerState, Switch, key_of};
use crate::codec::{ProtocolError, encode};
use crate::{ClosedBy, LocalPeer, PeerId};

/// Why the switch ends a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CutReason {
    /// It sent something that cannot be understood.
    #[error(transparent)]
    Protocol(ProtocolError),
    /// Its `CONNECT` holds no JSON object that can be read.
    #[error("malformed CONNECT")]
    MalformedConnect,
    /// `CONNECT` did not come in time.
    #[error("no CONNECT in time")]
    ConnectTimeout,
    /// More waited for it than its limit allows.
    #[error("slow consumer")]
    SlowConsumer,
    /// It answered no ping.
    #[error("stale connection")]
    Stale,
}

impl CutReason {
    /// A stable word for logs.
    pub const fn code(self) -> &'static str {
        match self {
            CutReason::Protocol(_) => "protocol_error",
            CutReason::MalformedConnect => "malformed_connect",
            CutReason::ConnectTimeout => "connect_timeout",
            CutReason::SlowConsumer => "slow_consumer",
            CutReason::Stale => "stale_connection",
        }
    }

    /// The text for `-ERR`.
    pub const fn wire_text(self) -> &'static str {
        match self {
            CutReason::Protocol(error) => error.wire_text(),
            CutReason::MalformedConnect => "Parser Error",
            CutReason::ConnectTimeout => "Authentication Timeout",
            CutReason::SlowConsumer => "Slow Consumer",
            CutReason::Stale => "Stale Connection",
        }
    }
}

/// Why a connection is refused at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// [`SwitchLimits::max_connections`](super::SwitchLimits) are open.
    #[error("too many connections")]
    TooManyConnections,
    /// The switch is shutting down.
    #[error("shutting down")]
    ShuttingDown,
}

impl Refused {
    /// A stable word for logs.
    pub const fn code(self) -> &'static str {
        match self {
            Refused::TooManyConnections => "too_many_connections",
            Refused::ShuttingDown => "shutting_down",
        }
    }

    /// The text for `-ERR`.
    pub const fn wire_text(self) -> &'static str {
        match self {
            Refused::TooManyConnections => "maximum connections exceeded",
            Refused::ShuttingDown => "Server Shutdown",
        }
    }
}

impl<L: LocalPeer> Switch<L> {
    /// Ends a connection from our side: no message reaches it any more, nothing it sends is read.
    /// What waits for it and the reason may still be written; then the host closes it.
    pub(super) fn cut(&mut self, id: PeerId, reason: CutReason) {
        let Some(peer) = self.peers.get_mut(key_of(id)) else {
            return;
        };
        if peer.is_cut() {
            return;
        }
        peer.state = PeerState::Cut;
        peer.tail = Vec::new();
        self.pending_total -= peer.output.pending().len();
        // Over the limit by one line: it is the last one.
        peer.output
            .append(usize::MAX, |out| encode::err(out, reason.wire_text()));
        match reason {
            CutReason::Protocol(error) => {
                self.counters.protocol_errors += 1;
                let too_large = error == ProtocolError::PayloadTooLarge;
                self.counters.payloads_limited += u64::from(too_large);
            }
            CutReason::MalformedConnect => self.counters.protocol_errors += 1,
            CutReason::ConnectTimeout => self.counters.connect_timeouts += 1,
            CutReason::SlowConsumer => self.counters.slow_consumers += 1,
            CutReason::Stale => self.counters.stale_connections += 1,
        }
        self.cuts.push((id, reason));
        self.leave(id, ClosedBy::Us);
    }

    /// Takes a connection out of the table and tells the local peer: first that it is closed, then
    /// which subjects lost their last subscriber with it.
    pub(super) fn leave(&mut self, id: PeerId, by: ClosedBy) {
        self.notices.push_back(Notice::Closed { peer: id, by });
        let Some(peer) = self.peers.get_mut(key_of(id)) else {
            return;
        };
        let hashing = peer.subscriptions.hasher().clone();
        let empty = super::table::TextMap::with_hasher(hashing);
        let kept = usize::from(Plant::SubscriptionOutlivesConnection.is_sown());
        let subscriptions = std::mem::replace(&mut peer.subscriptions, empty);
        for subscription in subscriptions.into_values().skip(kept) {
            if let Some((_, change)) = self.table.unsubscribe(subscription) {
                self.notice_interest(change);
            }
        }
    }

    pub(super) fn notice_interest(&mut self, change: Option<InterestChange>) {
        self.notices.extend(change.map(Notice::Interest));
    }

    /// Appends to what waits for a connection, and cuts it if that is too much. Answers whether it
    /// was appended.
    pub(super) fn queue(&mut self, id: PeerId, append: impl FnOnce(&Peer, &mut Vec<u8>)) -> bool {
        let max_pending = self.config.limits.max_pending;
        let Some(peer) = self.peers.get_mut(key_of(id)) else {
            return false;
        };
        if peer.is_cut() {
            return false;
        }
        let mut output = std::mem::take(&mut peer.output);
        let before = output.pending().len();
        let fits = output.append(max_pending, |out| append(peer, out));
        let grown = output.pending().len() - before;
        peer.output = output;
        if !fits {
            self.cut(id, CutReason::SlowConsumer);
            return false;
        }
        if !peer.is_dirty {
            peer.is_dirty = true;
            self.dirty.push(id);
        }
        self.note_pending(id, grown)
    }
}
