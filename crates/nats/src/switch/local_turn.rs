use std::sync::Arc;
use std::time::Duration;

use super::Switch;
use super::route::{Origin, Parcel};
use super::table::InterestChange;
use crate::{ClosedBy, LocalPeer, Outbox, PeerEvent, PeerId};

/// What the local peer has yet to hear. Kept until the message at hand is routed, so that the local
/// peer is never called in the middle of one.
#[derive(Clone, Debug)]
pub(super) enum Notice {
    Closed { peer: PeerId, by: ClosedBy },
    Interest(InterestChange),
}

/// Notices for which memory is kept; the close of a connection with many subscriptions makes more.
const KEEP_NOTICES: usize = 1_024;

impl<L: LocalPeer> Switch<L> {
    /// Tells the local peer what it has yet to hear and sends what it publishes, until neither is
    /// left.
    pub(super) fn settle(&mut self, now: Duration) {
        loop {
            if !self.local.outbox().is_empty() {
                self.send_outbox(now);
            } else if let Some(notice) = self.notices.pop_front() {
                self.tell(now, &notice);
            } else {
                break;
            }
        }
        if self.notices.capacity() > KEEP_NOTICES {
            self.notices.shrink_to(KEEP_NOTICES);
        }
    }

    fn tell(&mut self, now: Duration, notice: &Notice) {
        let event = match notice {
            Notice::Closed { peer, by } => PeerEvent::Closed {
                peer: *peer,
                by: *by,
            },
            Notice::Interest(InterestChange::Gained(subject)) => PeerEvent::InterestGained {
                subject: Arc::as_ref(subject),
            },
            Notice::Interest(InterestChange::Lost(subject)) => PeerEvent::InterestLost {
                subject: Arc::as_ref(subject),
            },
        };
        self.local.on_peer(now, event);
    }

    /// Routes what the local peer published so far; what it publishes meanwhile stays in its outbox
    /// for the next round.
    fn send_outbox(&mut self, now: Duration) {
        let mut outbox: Outbox = std::mem::take(&mut self.taken);
        std::mem::swap(&mut outbox, self.local.outbox());
        for publish in outbox.publishes() {
            let parcel = Parcel {
                subject: outbox.subject(publish),
                reply: outbox.reply(publish),
                headers: outbox.headers(publish),
                payload: outbox.payload(publish),
            };
            let was_received = self.route(now, &parcel, Origin::Local);
            if let Some(token) = publish.token
                && !was_received
            {
                self.local.on_no_responders(now, token);
            }
        }
        outbox.clear();
        self.taken = outbox;
    }
}

/// Nobody: a switch that only serves its connections.
#[derive(Debug, Default)]
pub struct NoLocalPeer {
    outbox: Outbox,
}

impl LocalPeer for NoLocalPeer {
    fn subscriptions(&self) -> Vec<(String, Option<String>)> {
        Vec::new()
    }

    fn watches(&self) -> Vec<String> {
        Vec::new()
    }

    fn on_message(&mut self, _: Duration, _: &crate::Message<'_>) {}

    fn on_no_responders(&mut self, _: Duration, _: u128) {}

    fn on_peer(&mut self, _: Duration, _: PeerEvent<'_>) {}

    fn on_timer(&mut self, _: Duration) {}

    fn next_deadline(&self) -> Option<Duration> {
        None
    }

    fn on_shutdown(&mut self, _: Duration) {}

    fn is_idle(&self) -> bool {
        true
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}
