//! The driver, the presence machine, and what they need to hear and be heard.
//!
//! Everything happens under one lock, which is never contended: the connection's task, the timer's
//! and the life's run on one thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_bus::{Connection, Delivery, Hold, Sid, WeakConnection};
use aegis_nats::{LocalPeer, Message};
use aegis_types::Instant;
use aegis_wire::Subjects;
use aegis_wire::event::Presence as Announcement;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use super::evidence::Evidence;
use super::presence::{Move, OtherRouter, Presence};
use super::status::{NatsStatus, Phase};
use super::{NatsRouterEnd, wall_ms};
use crate::{Driver, observe};

/// What the life of a router has to hear of.
#[derive(Debug)]
pub(super) enum News {
    /// It has to answer requests; the subscriptions are on their way.
    Serving,
    /// Another router serves.
    Yield(OtherRouter),
    /// It cannot go on.
    Failed(NatsRouterEnd),
    /// It was to stop, and no call is in flight any more.
    Idle,
    /// The connection's task has ended.
    Gone,
    /// Something that it needs ended by a panic.
    Broken,
}

/// What a router serves with.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) driver: Driver,
    /// With a system account only.
    pub(super) evidence: Option<Evidence>,
    pub(super) presence: Presence,
    pub(super) subjects: Subjects,
    pub(super) store: String,
    pub(super) connection: WeakConnection,
    /// The subscription to announcements.
    announcements: Option<Sid>,
    /// What it listens on while it takes new work.
    pub(super) requests: Vec<Sid>,
    /// Where instances answer its attempts. What is in flight is still answered when it takes no
    /// new work.
    pub(super) responses: Option<Sid>,
    pub(super) status: NatsStatus,
    pub(super) news: UnboundedSender<News>,
    /// Wakes the timer's task when something is due before it would wake by itself.
    pub(super) timer: Arc<Notify>,
    armed: Option<Duration>,
    pub(super) stopping: bool,
    /// It has answered requests in this life.
    pub(super) has_served: bool,
    broker_lost: bool,
    /// The server is about to stop: calls in flight are answered before it is left.
    leaving: bool,
    /// Since it leaves a server, and until it has another, it takes no requests and no heartbeats.
    suspended: bool,
    hold: Option<Hold>,
    pub(super) lines: observe::Lines,
    pub(super) counts: HostCounts,
}

/// What did not get through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HostCounts {
    /// Messages that the connection took no more: its queue was full, or they were too large.
    pub(super) unsent: u64,
    /// Requests and heartbeats that were dropped, since another router may have taken over.
    pub(super) fenced: u64,
    /// How many of them when it began to doubt.
    pub(super) fenced_before: u64,
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
            responses: None,
            status: parts.status,
            news: parts.news,
            timer: Arc::new(Notify::new()),
            armed: None,
            stopping: false,
            has_served: false,
            broker_lost: false,
            leaving: false,
            suspended: false,
            hold: None,
            lines: observe::Lines::default(),
            counts: HostCounts::default(),
        }
    }

    pub(super) fn on_message(&mut self, message: &Delivery<'_>) {
        let now = aegis_broker::now();
        if Some(message.sid) == self.announcements {
            // Anybody may publish there: what cannot be read is nothing.
            if let Ok(heard) = Announcement::decode(message.payload) {
                let (mut moves, at) = (Vec::new(), Instant::from_origin(now));
                self.presence
                    .on_announcement(at, wall_ms(), &heard, &mut moves);
                self.make(moves);
            }
        } else if Some(message.sid) == self.responses || self.may_handle(Instant::from_origin(now))
        {
            let message = Message {
                from: None,
                subject: message.subject,
                reply: message.reply,
                headers: message.headers,
                payload: message.payload,
            };
            self.driver.on_message(now, &message);
        } else {
            self.counts.fenced += 1;
        }
        self.end_turn();
    }

    /// Asked before each request: after a pause, what the socket holds is read before any timer may run.
    fn may_handle(&mut self, now: Instant) -> bool {
        if self.presence.may_handle(now) {
            return true;
        }
        let mut moves = Vec::new();
        self.presence.doubt_if_due(now, wall_ms(), &mut moves);
        self.make(moves);
        false
    }

    pub(super) fn on_ready(&mut self, connection: &Connection) {
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
        let mut moves = Vec::new();
        self.presence.on_connected(now, wall_ms(), &mut moves);
        if std::mem::take(&mut self.broker_lost) {
            observe::broker_regained();
            self.driver.on_broker_regained(now);
        }
        // If it has to look again first, it is told when it resumes.
        if std::mem::take(&mut self.suspended) && self.presence.is_serving() {
            self.driver.on_unfenced(now);
        }
        self.status.set(self.phase());
        self.make(moves);
        self.end_turn();
    }

    /// What it does while it has a server.
    pub(super) fn phase(&self) -> Phase {
        match self.presence.first() {
            _ if self.stopping => Phase::Stopping,
            Some(first) => Phase::StandingBy(Box::new(first.clone())),
            None if self.presence.is_serving() => Phase::Serving,
            None => Phase::Looking,
        }
    }

    pub(super) fn on_leaving(&mut self, connection: &Connection) {
        for sid in &self.requests {
            connection.suspend(*sid);
        }
        self.leaving = true;
        if self.has_served && !std::mem::replace(&mut self.suspended, true) {
            let now = Instant::from_origin(aegis_broker::now());
            self.driver.on_fenced(now);
        }
        self.end_turn();
    }

    pub(super) fn on_lost(&mut self) {
        (self.leaving, self.hold) = (false, None);
        let now = Instant::from_origin(aegis_broker::now());
        let mut moves = Vec::new();
        self.presence.on_lost(&mut moves);
        self.make(moves);
        self.note_broker_lost(now);
        self.end_turn();
    }

    /// Once per loss.
    pub(super) fn note_broker_lost(&mut self, now: Instant) {
        if !self.has_served {
            self.status.set(Phase::Connecting);
        } else if !std::mem::replace(&mut self.broker_lost, true) {
            observe::broker_lost(self.driver.core().calls_in_flight());
            self.status.set(Phase::BrokerLost);
            self.driver.on_broker_lost(now);
        }
    }

    pub(super) fn on_waiting(&mut self, server: &str, error: &str) {
        observe::waits_for_broker(server, error);
        self.status.set_trouble(format!("{server}: {error}"));
    }

    pub(super) fn on_timer(&mut self) {
        let now = aegis_broker::now();
        self.armed = None;
        // Whoever was stopped takes nobody's silence for his end.
        let mut moves = Vec::new();
        let at = Instant::from_origin(now);
        self.presence.doubt_if_due(at, wall_ms(), &mut moves);
        self.make(moves);
        if self.driver_due().is_some_and(|due| due <= now) {
            self.driver.on_timer(now);
        }
        let mut moves = Vec::new();
        self.presence.on_timer(at, wall_ms(), &mut moves);
        self.make(moves);
        self.end_turn();
    }

    /// When the timer's task has to wake; it promises to.
    pub(super) fn arm(&mut self) -> Option<Duration> {
        self.armed = self.next_deadline();
        self.armed
    }

    fn next_deadline(&self) -> Option<Duration> {
        let presence = self.presence.next_deadline().map(Instant::since_origin);
        let driver = self.driver_due();
        let evidence = self.evidence.as_ref().and_then(Evidence::next_deadline);
        let evidence = evidence.map(Instant::since_origin);
        presence.into_iter().chain(driver).chain(evidence).min()
    }

    /// Before it serves, the driver has nothing to watch, and hears nobody: whoever begins to watch then
    /// would believe later that it knows who is alive.
    fn driver_due(&self) -> Option<Duration> {
        self.driver.next_deadline().filter(|_| self.has_served)
    }

    /// From now on it asks where instances live.
    pub(super) fn gather_evidence(&mut self, evidence: Evidence) {
        self.driver.track_inboxes();
        self.evidence = Some(evidence);
        self.set_witnessing(false);
    }

    /// No new requests; what is in flight may still be answered. Whoever stands by is told to
    /// take over now.
    pub(super) fn begin_stop(&mut self) {
        self.stopping = true;
        self.status.set(Phase::Stopping);
        self.withdraw();
        if self.has_served {
            self.driver.on_shutdown(aegis_broker::now());
        }
        self.announce(Announcement::STOPPING);
        self.end_turn();
    }

    /// The grace is over: nobody is left without an answer.
    pub(super) fn settle_the_rest(&mut self) {
        let now = Instant::from_origin(aegis_broker::now());
        self.driver.on_grace_ended(now);
        self.end_turn();
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

    fn make(&mut self, moves: Vec<Move>) {
        moves.into_iter().for_each(|next| self.make_one(next));
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
