//! The driver, the presence machine, and what they need to hear and be heard.
//!
//! Everything happens under one lock, which is never contended: the connection's task, the timer's
//! and the life's run on one thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_bus::{Connection, Delivery, Hold, PublishError, Sid, Subscriber, WeakConnection};
use aegis_nats::{LocalPeer, Message};
use aegis_types::Instant;
use aegis_wire::Subjects;
use aegis_wire::event::{Presence as Announcement, RouterEvent};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use super::evidence::Evidence;
use super::presence::{Move, OtherRouter, Presence, Reason};
use super::status::{NatsStatus, Phase};
use super::{NatsRouterEnd, host_name, wall_ms};
use crate::{Driver, EvidenceInForce, HostFacts, observe};

/// What the life of a router has to hear of.
#[derive(Debug)]
pub(super) enum News {
    /// It has to answer requests; the subscriptions are on their way.
    Serving,
    /// Another router serves.
    Yield(OtherRouter),
    /// A subscription is refused.
    Failed(NatsRouterEnd),
    /// It was to stop, and no call is in flight any more.
    Idle,
    /// The connection's task has ended.
    Gone,
}

/// What a router serves with.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) driver: Driver,
    /// With a system account only.
    pub(super) evidence: Option<Evidence>,
    presence: Presence,
    subjects: Subjects,
    store: String,
    connection: WeakConnection,
    /// The subscription to announcements.
    announcements: Option<Sid>,
    /// What it listens on while it takes new work: all but the replies of instances.
    requests: Vec<Sid>,
    pub(super) status: NatsStatus,
    news: UnboundedSender<News>,
    /// Wakes the timer's task when something is due before it would wake by itself.
    pub(super) timer: Arc<Notify>,
    armed: Option<Duration>,
    stopping: bool,
    broker_lost: bool,
    /// The server is about to stop: calls in flight are answered before it is left.
    leaving: bool,
    hold: Option<Hold>,
    lines: observe::Lines,
    /// Messages that the connection took no more: its queue was full, or they were too large.
    unsent: u64,
}

/// What a host is made of.
pub(super) struct Parts {
    pub(super) driver: Driver,
    pub(super) subjects: Subjects,
    pub(super) store: String,
    pub(super) standby: bool,
    pub(super) status: NatsStatus,
    pub(super) news: UnboundedSender<News>,
    pub(super) connection: WeakConnection,
}

impl Host {
    pub(super) fn new(parts: Parts) -> Host {
        Host {
            presence: Presence::new(parts.driver.router_id(), parts.standby),
            driver: parts.driver,
            evidence: None,
            subjects: parts.subjects,
            store: parts.store,
            connection: parts.connection,
            announcements: None,
            requests: Vec::new(),
            status: parts.status,
            news: parts.news,
            timer: Arc::new(Notify::new()),
            armed: None,
            stopping: false,
            broker_lost: false,
            leaving: false,
            hold: None,
            lines: observe::Lines::default(),
            unsent: 0,
        }
    }

    fn on_message(&mut self, message: &Delivery<'_>) {
        let now = aegis_broker::now();
        if Some(message.sid) == self.announcements {
            // Anybody may publish there: what cannot be read is nothing.
            if let Ok(heard) = Announcement::decode(message.payload) {
                let (mut moves, at) = (Vec::new(), Instant::from_origin(now));
                self.presence
                    .on_announcement(at, wall_ms(), &heard, &mut moves);
                self.make(moves);
            }
        } else {
            let message = Message {
                from: None,
                subject: message.subject,
                reply: message.reply,
                headers: message.headers,
                payload: message.payload,
            };
            self.driver.on_message(now, &message);
        }
        self.end_turn();
    }

    fn on_ready(&mut self, connection: &Connection) {
        let now = Instant::from_origin(aegis_broker::now());
        self.driver
            .set_max_payload(connection.max_payload().unwrap_or(usize::MAX));
        if let Some(server) = connection.server_info() {
            self.status.set_server(server.server_name);
        }
        if self.announcements.is_none() {
            match connection.subscribe(&self.subjects.presence(), None) {
                Ok(sid) => self.announcements = Some(sid),
                Err(error) => return self.fail(self.subjects.presence(), error),
            }
        }
        if std::mem::take(&mut self.broker_lost) {
            observe::broker_regained();
            self.driver.on_broker_regained(now);
        }
        let phase = if self.presence.is_serving() {
            Phase::Serving
        } else {
            Phase::Looking
        };
        self.status.set(phase);
        let mut moves = Vec::new();
        self.presence.on_connected(now, wall_ms(), &mut moves);
        self.make(moves);
        self.end_turn();
    }

    fn on_leaving(&mut self, connection: &Connection) {
        for sid in &self.requests {
            connection.suspend(*sid);
        }
        self.leaving = true;
        self.end_turn();
    }

    fn on_lost(&mut self) {
        (self.leaving, self.hold) = (false, None);
        let now = Instant::from_origin(aegis_broker::now());
        self.presence.on_lost(now);
        if self.presence.is_serving() {
            observe::broker_lost(self.driver.core().calls_in_flight());
            self.broker_lost = true;
            self.status.set(Phase::BrokerLost);
            self.driver.on_broker_lost(now);
        } else {
            self.status.set(Phase::Connecting);
        }
        self.end_turn();
    }

    fn on_waiting(&mut self, server: &str, error: &str) {
        observe::waits_for_broker(server, error);
        self.status.set_trouble(format!("{server}: {error}"));
    }

    pub(super) fn on_timer(&mut self) {
        let now = aegis_broker::now();
        self.armed = None;
        if self.driver.next_deadline().is_some_and(|due| due <= now) {
            self.driver.on_timer(now);
        }
        let (mut moves, at) = (Vec::new(), Instant::from_origin(now));
        self.presence.on_timer(at, wall_ms(), &mut moves);
        self.make(moves);
        self.end_turn();
    }

    /// Messages that the connection took no more.
    pub(super) fn unsent(&self) -> u64 {
        self.unsent
    }

    /// When the timer's task has to wake; it promises to.
    pub(super) fn arm(&mut self) -> Option<Duration> {
        self.armed = self.next_deadline();
        self.armed
    }

    fn next_deadline(&self) -> Option<Duration> {
        let presence = self.presence.next_deadline().map(Instant::since_origin);
        // Before it serves, the driver has nothing to watch.
        let serves = self.presence.is_serving() || self.stopping;
        let driver = self.driver.next_deadline().filter(|_| serves);
        let evidence = self.evidence.as_ref().and_then(Evidence::next_deadline);
        let evidence = evidence.map(Instant::since_origin);
        presence.into_iter().chain(driver).chain(evidence).min()
    }

    /// From now on it asks where instances live.
    pub(super) fn gather_evidence(&mut self, evidence: Evidence) {
        self.driver.track_inboxes();
        self.evidence = Some(evidence);
    }

    /// No new requests; what is in flight may still be answered. Whoever stands by is told to
    /// take over now.
    pub(super) fn begin_stop(&mut self) {
        self.stopping = true;
        self.status.set(Phase::Stopping);
        let now = aegis_broker::now();
        if let Some(connection) = self.connection.upgrade() {
            for sid in self.requests.drain(..) {
                connection.unsubscribe(sid);
            }
        }
        if self.presence.is_serving() {
            self.driver.on_shutdown(now);
        }
        self.announce(Announcement::STOPPING);
        self.end_turn();
    }

    fn make(&mut self, moves: Vec<Move>) {
        for next in moves {
            match next {
                Move::Announce if self.stopping => {}
                Move::Announce => self.announce(self.presence.word()),
                Move::StandBy(first) => {
                    observe::stands_by(&first);
                    self.status.set(Phase::StandingBy(Box::new(first)));
                }
                Move::Serve(reason) => self.serve(&reason),
                Move::Yield(to) => {
                    observe::yields(&to);
                    let _ = self.news.send(News::Yield(to));
                }
            }
        }
    }

    fn serve(&mut self, reason: &Reason) {
        let (word, before) = match reason {
            Reason::Started => (RouterEvent::STARTED, None),
            Reason::TookOver(before) => (RouterEvent::TOOK_OVER, Some(before)),
            Reason::HandedOver(before) => (RouterEvent::HANDED_OVER, Some(before)),
        };
        observe::serves(self.driver.router_id(), before, &self.store);
        let Some(connection) = self.connection.upgrade() else {
            return;
        };
        let responses = self.subjects.responses(self.driver.router_id());
        for (pattern, group) in self.driver.subscriptions() {
            match connection.subscribe(&pattern, group.as_deref()) {
                // What is in flight when it stops is still answered.
                Ok(_) if pattern == responses => {}
                Ok(sid) => self.requests.push(sid),
                Err(error) => return self.fail(pattern, error),
            }
        }
        // After the subscriptions: whoever hears it may send at once.
        let evidence = before.map_or_else(String::new, |before| format!("after {}", before.router));
        let now = Instant::from_origin(aegis_broker::now());
        self.driver.set_host(HostFacts {
            evidence: self.evidence_in_force(),
            store: self.store.clone(),
            since: now,
            max_payload: None,
        });
        self.driver.announce_serving(now, word, &evidence);
        let _ = self.news.send(News::Serving);
    }

    fn evidence_in_force(&self) -> EvidenceInForce {
        if self.status.is_witnessing() {
            EvidenceInForce::DisconnectEvents
        } else {
            EvidenceInForce::NoResponders
        }
    }

    /// The server of the system account was reached, or lost.
    pub(super) fn set_witnessing(&mut self, witnesses: bool) {
        self.status.set_witnessing(witnesses);
        self.driver.set_evidence(self.evidence_in_force());
    }

    fn fail(&self, subject: String, error: aegis_bus::SubscribeError) {
        let end = NatsRouterEnd::Subscribe { subject, error };
        let _ = self.news.send(News::Failed(end));
    }

    fn announce(&mut self, state: &'static str) {
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
        };
        let mut body = Vec::new();
        announcement.encode(&mut body);
        // Without a server nobody would hear it.
        let _ = connection.publish(&self.subjects.presence(), None, None, &body);
    }

    /// Sends what the driver left, and sees to it that the timer wakes in time.
    pub(super) fn end_turn(&mut self) {
        self.send_all();
        if self.evidence.is_some() {
            self.look_around(Instant::from_origin(aegis_broker::now()));
        }
        if self.leaving && self.driver.is_idle() {
            self.hold = None;
        } else if self.leaving && self.hold.is_none() {
            self.hold = self
                .connection
                .upgrade()
                .map(|connection| connection.hold());
        }
        if self.stopping && self.driver.is_idle() {
            let _ = self.news.send(News::Idle);
        }
        let next = self.next_deadline();
        let sooner = match (next, self.armed) {
            (Some(next), Some(armed)) => next < armed,
            (next, None) => next.is_some(),
            (None, Some(_)) => false,
        };
        if sooner {
            self.timer.notify_one();
        }
    }

    /// What cannot be sent since the server is gone is settled when there is one again.
    fn send_all(&mut self) {
        let outbox = self.driver.outbox();
        if outbox.is_empty() {
            return;
        }
        if let Some(connection) = self.connection.upgrade() {
            for publish in outbox.publishes() {
                let (subject, reply) = (outbox.subject(publish), outbox.reply(publish));
                let (headers, payload) = (outbox.headers(publish), outbox.payload(publish));
                let sent = if publish.may_linger {
                    connection.publish_lingering(subject, reply, headers, payload)
                } else {
                    connection.publish(subject, reply, headers, payload)
                };
                match sent {
                    Ok(()) | Err(PublishError::NotConnected | PublishError::Closed) => {}
                    Err(error) => {
                        self.lines.now = Instant::from_origin(aegis_broker::now());
                        self.unsent += 1;
                        self.lines.unsent(outbox.subject(publish), &error);
                    }
                }
            }
        }
        outbox.clear();
    }
}

/// The host as its connection sees it.
#[derive(Clone, Debug)]
pub(super) struct SharedHost(pub(super) Arc<Mutex<Host>>);

impl SharedHost {
    /// No code but the host's own runs under this lock; after a panic the life ends.
    pub(super) fn lock(&self) -> MutexGuard<'_, Host> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the connection tells the host.
pub(super) struct Ear {
    pub(super) host: SharedHost,
    pub(super) connection: WeakConnection,
}

impl Subscriber for Ear {
    fn on_message(&mut self, message: Delivery<'_>) {
        self.host.lock().on_message(&message);
    }

    fn on_ready(&mut self, _first: bool) {
        if let Some(connection) = self.connection.upgrade() {
            self.host.lock().on_ready(&connection);
        }
    }

    fn on_leaving(&mut self) {
        if let Some(connection) = self.connection.upgrade() {
            self.host.lock().on_leaving(&connection);
        }
    }

    fn on_lost(&mut self) {
        self.host.lock().on_lost();
    }

    fn on_waiting(&mut self, server: &str, error: &str) {
        self.host.lock().on_waiting(server, error);
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let _ = self.host.lock().news.send(News::Gone);
    }
}
