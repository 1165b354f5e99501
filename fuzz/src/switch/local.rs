//! A local peer that answers every message and remembers whom it has to hear of.

use std::collections::BTreeSet;
use std::time::Duration;

use aegis_nats::subject::is_valid_subject;
use aegis_nats::{ClosedBy, LocalPeer, Message, Outbox, PeerEvent, PeerId};

const WATCHED: &str = "w.*";

/// Answers on the reply subject, and on a subject that others may listen to.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    outbox: Outbox,
    interests: BTreeSet<String>,
    closed: BTreeSet<PeerId>,
    /// Tokens of what was published and has not come back.
    tokens: u128,
}

impl Mirror {
    /// Every subject that was gained was lost again.
    pub(super) fn nobody_is_left(&self) {
        assert_eq!(self.interests, BTreeSet::new());
    }
}

impl LocalPeer for Mirror {
    fn subscriptions(&self) -> Vec<(String, Option<String>)> {
        vec![
            ("l.>".to_owned(), None),
            ("*.l".to_owned(), Some("q".to_owned())),
        ]
    }

    fn watches(&self) -> Vec<String> {
        vec![WATCHED.to_owned()]
    }

    fn on_message(&mut self, _: Duration, message: &Message<'_>) {
        assert!(is_valid_subject(message.subject));
        let Some(from) = message.from else {
            panic!("the switch knows who publishes");
        };
        assert!(!self.closed.contains(&from), "from a closed one");
        for to in [message.reply, Some("w.l")].into_iter().flatten() {
            self.tokens += 1;
            let headers = message.headers.unwrap_or_default();
            self.outbox.publish(
                to,
                Some(message.subject),
                headers,
                Some(self.tokens),
                |out| out.extend_from_slice(message.payload),
            );
        }
    }

    fn on_no_responders(&mut self, _: Duration, token: u128) {
        assert!((1..=self.tokens).contains(&token));
    }

    fn on_peer(&mut self, _: Duration, event: PeerEvent<'_>) {
        match event {
            PeerEvent::Closed { peer, by } => {
                assert!(matches!(by, ClosedBy::Peer | ClosedBy::Us));
                assert!(self.closed.insert(peer), "closed twice: {peer:?}");
            }
            PeerEvent::InterestGained { subject } => {
                assert!(self.interests.insert(subject.to_owned()), "gained twice");
            }
            PeerEvent::InterestLost { subject } => {
                assert!(self.interests.remove(subject), "lost and never gained");
            }
        }
    }

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
