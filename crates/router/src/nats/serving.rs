//! What the presence machine wants, carried out: whether requests are taken, and what others hear of it.

use aegis_nats::LocalPeer;
use aegis_types::Instant;
use aegis_wire::event::{Presence as Announcement, RouterEvent};

use super::host::{Host, News};
use super::presence::{Move, Reason};
use super::status::Phase;
use super::{NatsRouterEnd, host_name};
use crate::{EvidenceInForce, HostFacts, observe};

impl Host {
    pub(super) fn make_one(&mut self, next: Move) {
        match next {
            Move::Announce | Move::Serve(_) | Move::Unseat(_) if self.stopping => {}
            Move::Announce => self.announce(self.presence.word()),
            Move::StandBy(first) => {
                observe::stands_by(&first);
                self.status.set(Phase::StandingBy(Box::new(first)));
            }
            Move::Unseat(first) => self.unseat(&first),
            Move::Serve(reason) => self.serve(&reason),
            Move::Doubt => {
                observe::doubts(self.driver.core().calls_in_flight());
                self.counts.fenced_before = self.counts.fenced;
                let now = Instant::from_origin(aegis_broker::now());
                self.driver.on_fenced(now);
                if self.status.phase() == Phase::Serving {
                    self.status.set(Phase::Looking);
                }
            }
            Move::Withdraw => self.withdraw(),
            Move::Yield(to) => {
                observe::yields(&to);
                let _ = self.news.send(News::Yield(to));
            }
        }
    }

    /// The server gives it no request from now on.
    pub(super) fn withdraw(&mut self) {
        if let Some(connection) = self.connection.upgrade() {
            for sid in self.requests.drain(..) {
                connection.unsubscribe(sid);
            }
        }
    }

    fn serve(&mut self, reason: &Reason) {
        let (word, before) = match reason {
            Reason::Started => (RouterEvent::STARTED, None),
            Reason::Resumed => (RouterEvent::RESUMED, None),
            Reason::TookOver(before) => (RouterEvent::TOOK_OVER, Some(before)),
            Reason::HandedOver(before) => (RouterEvent::HANDED_OVER, Some(before)),
        };
        match reason {
            Reason::Resumed => observe::resumes(self.counts.fenced - self.counts.fenced_before),
            _ => observe::serves(self.driver.router_id(), before, &self.store),
        }
        if let Reason::TookOver(before) = reason {
            self.tell_what_remains_of(before);
        }
        if let Err(end) = self.listen() {
            let _ = self.news.send(News::Failed(end));
            return;
        }
        // After the subscriptions: whoever hears it may send at once.
        let evidence = before.map_or_else(String::new, |before| format!("after {}", before.router));
        let now = Instant::from_origin(aegis_broker::now());
        if matches!(reason, Reason::Resumed) {
            self.driver.on_unfenced(now);
        }
        self.has_served = true;
        self.driver.set_host(HostFacts {
            evidence: self.evidence_in_force(),
            store: self.store.clone(),
            since: now,
            max_payload: None,
        });
        self.driver.announce_serving(now, word, &evidence);
        let _ = self.news.send(News::Serving);
    }

    /// The server has taken the subscriptions; it may have been lost again since.
    pub(super) fn note_subscribed(&mut self) {
        if self.status.phase() != Phase::BrokerLost {
            self.status.set(self.phase());
        }
    }

    /// Without one of its subscriptions it would look as if it served, and without its announcements as
    /// if it were alone: it ends, and says what it lacks. What else is refused is in the log.
    pub(super) fn on_refused(&mut self, text: &str) {
        let Some((act, subject)) = refused_subject(text) else {
            return;
        };
        let presence = self.subjects.presence();
        let is_needed = match act {
            "publish to" => subject == presence,
            _ => {
                let mut patterns = self.driver.subscriptions().into_iter();
                subject == presence || patterns.any(|(pattern, _)| pattern == subject)
            }
        };
        if is_needed {
            let subject = subject.to_owned();
            let end = NatsRouterEnd::Permission { act, subject };
            let _ = self.news.send(News::Failed(end));
        }
    }

    /// Subscribes to requests, and to the answers of instances unless it does already.
    fn listen(&mut self) -> Result<(), NatsRouterEnd> {
        let Some(connection) = self.connection.upgrade() else {
            return Err(NatsRouterEnd::ConnectionClosed);
        };
        let responses = self.subjects.responses(self.driver.router_id());
        for (subject, group) in self.driver.subscriptions() {
            if subject == responses && self.responses.is_some() {
                continue;
            }
            let sid = connection
                .subscribe(&subject, group.as_deref())
                .map_err(|error| NatsRouterEnd::Subscribe {
                    subject: subject.clone(),
                    error,
                })?;
            if subject == responses {
                self.responses = Some(sid);
            } else {
                self.requests.push(sid);
            }
        }
        Ok(())
    }

    fn evidence_in_force(&self) -> EvidenceInForce {
        if self.status.is_witnessing() {
            EvidenceInForce::DisconnectEvents
        } else {
            EvidenceInForce::NoResponders
        }
    }

    /// The server tells whose connections end, or does so no more.
    pub(super) fn set_witnessing(&mut self, witnesses: bool) {
        self.status.set_witnessing(witnesses);
        self.driver.set_evidence(self.evidence_in_force());
    }

    pub(super) fn fail(&self, subject: String, error: aegis_bus::SubscribeError) {
        let end = NatsRouterEnd::Subscribe { subject, error };
        let _ = self.news.send(News::Failed(end));
    }

    pub(super) fn announce(&mut self, state: &'static str) {
        let Some(connection) = self.connection.upgrade() else {
            return;
        };
        let host = host_name();
        let announcement = Announcement {
            router: self.driver.router_id(),
            state,
            since_ms: self.presence.since_ms(),
            store: &self.store,
            host: &host,
            pid: u64::from(std::process::id()),
            version: env!("CARGO_PKG_VERSION"),
            sent_ms: Instant::from_origin(aegis_broker::now()).as_millis(),
        };
        let mut body = Vec::new();
        announcement.encode(&mut body);
        // Without a server nobody would hear it.
        let _ = connection.publish(&self.subjects.presence(), None, None, &body);
    }
}

/// What a NATS server does not permit: `Permissions Violation for Subscription to "a.b" using queue "q"`.
fn refused_subject(text: &str) -> Option<(&'static str, &str)> {
    let (before, rest) = text.split_once('"')?;
    let (subject, _) = rest.split_once('"')?;
    let act = if before.contains("Subscription") {
        "listen on"
    } else {
        "publish to"
    };
    Some((act, subject))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As nats-server 2.15.1 says it.
    #[test]
    fn the_subject_of_a_refusal_is_read() {
        let queue = r#"'Permissions Violation for Subscription to "ipc.route.request" using queue "aegis-router"'"#;
        assert_eq!(
            refused_subject(queue),
            Some(("listen on", "ipc.route.request"))
        );
        let publish = r#"'Permissions Violation for Publish to "ipc.event.presence"'"#;
        assert_eq!(
            refused_subject(publish),
            Some(("publish to", "ipc.event.presence"))
        );
        assert_eq!(refused_subject("'Permissions Violation'"), None);
    }
}
