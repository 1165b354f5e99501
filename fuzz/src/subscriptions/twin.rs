//! The table again as a list, without any index: what a subscription means.

use std::collections::BTreeSet;

use aegis_nats::PeerId;

/// Who got a message: connection and sid.
pub(super) type Delivered = BTreeSet<(PeerId, usize)>;

#[derive(Debug)]
struct Known {
    peer: PeerId,
    sid: usize,
    pattern: String,
    group: Option<&'static str>,
    delivered: u64,
    max: Option<u64>,
}

/// All subscriptions.
#[derive(Default)]
pub(super) struct Twin(Vec<Known>);

impl Twin {
    /// A second subscription under a known sid is ignored, as nats-server does.
    pub(super) fn subscribe(
        &mut self,
        peer: PeerId,
        sid: usize,
        pattern: String,
        group: Option<&'static str>,
    ) {
        if !self.0.iter().any(|it| it.peer == peer && it.sid == sid) {
            self.0.push(Known {
                peer,
                sid,
                pattern,
                group,
                delivered: 0,
                max: None,
            });
        }
    }

    pub(super) fn unsubscribe(&mut self, peer: PeerId, sid: usize, max: u64) {
        for known in &mut self.0 {
            if known.peer == peer && known.sid == sid {
                known.max = Some(max);
            }
        }
        self.end();
    }

    pub(super) fn close(&mut self, peer: PeerId) {
        self.0.retain(|known| known.peer != peer);
    }

    /// Holds who got a message against who should have, and counts it.
    pub(super) fn publish(&mut self, subject: &str, delivered: &Delivered) {
        let mut expected = 0;
        for group in [None, Some("q"), Some("r")] {
            let here = |known: &&Known| known.group == group && known.matches(subject);
            let members = self.0.iter().filter(here).count();
            let got = |known: &&Known| delivered.contains(&(known.peer, known.sid));
            let served = self.0.iter().filter(here).filter(got).count();
            let due = if group.is_none() {
                members
            } else {
                members.min(1)
            };
            assert_eq!(served, due, "{subject} to group {group:?} of {:?}", self.0);
            expected += due;
        }
        assert_eq!(
            delivered.len(),
            expected,
            "{subject} to nobody of {:?}",
            self.0
        );
        for known in &mut self.0 {
            known.delivered += u64::from(delivered.contains(&(known.peer, known.sid)));
        }
        self.end();
    }

    fn end(&mut self) {
        self.0
            .retain(|known| known.max.is_none_or(|max| known.delivered < max));
    }
}

impl Known {
    fn matches(&self, subject: &str) -> bool {
        let mut subject = subject.split('.');
        for token in self.pattern.split('.') {
            match (token, subject.next()) {
                (">", Some(_)) => return true,
                ("*", Some(_)) => {}
                (token, Some(other)) if token == other => {}
                _ => return false,
            }
        }
        subject.next().is_none()
    }
}
