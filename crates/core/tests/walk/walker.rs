//! Takes steps and feeds the machine.

use std::time::Duration;

use aegis_core::{
    AttemptNo, CallId, Config, ConnectionId, Credential, Event, InstanceKey, ReplyKind, Router,
    Vitals,
};
use aegis_types::{Health, HealthReason, Incarnation, Instant, Lifecycle};
use slotmap::{DefaultKey, SlotMap};

use super::Tally;
use super::ledger::{Ledger, Proof};
use super::step::{CONNECTIONS, IDS, MOST_CALLS, SERVICES, Shown, Step};

pub(crate) struct Walk {
    pub(super) router: Router,
    pub(super) now: Instant,
    /// Timers were looked at up to now.
    pub(super) punctual: bool,
    /// The router began to watch undisturbed.
    pub(super) watched: Instant,
    /// The router has no NATS server.
    pub(super) deaf: bool,
    /// It takes no requests.
    pub(super) fenced: bool,
    /// The router let go of what it preserved.
    pub(super) let_go: Instant,
    pub(super) ledger: Ledger,
    pub(super) slots: SlotMap<DefaultKey, ()>,
    pub(super) over: Vec<CallId>,
    /// How often each connection was closed: numbers are never used again.
    closed: [u64; CONNECTIONS as usize],
    pub(super) next_life: u64,
    pub(super) tally: Tally,
}

/// What the machine was told, as far as the judge needs it.
#[derive(Clone, Copy)]
pub(super) enum Told {
    Registered,
    HeardOf(Option<InstanceKey>),
    Dismissed(Option<InstanceKey>),
    Replied(CallId, u32, ReplyKind),
    Closed(ConnectionId),
    Else,
}

impl Walk {
    pub(crate) fn new() -> Walk {
        let config = Config {
            heartbeat_interval: Duration::from_millis(500),
            lease_ttl: Duration::from_secs(2),
            max_calls_in_flight: MOST_CALLS,
            ..Config::default()
        };
        Walk {
            router: Router::new(config, [1; 32]),
            now: Instant::ZERO,
            punctual: true,
            watched: Instant::ZERO,
            deaf: false,
            fenced: false,
            let_go: Instant::ZERO,
            ledger: Ledger::default(),
            slots: SlotMap::new(),
            over: Vec::new(),
            closed: [0; CONNECTIONS as usize],
            next_life: 1_000,
            tally: Tally::default(),
        }
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    /// Whatever is open ends by itself, and whoever is silent is forgotten.
    pub(crate) fn finish(&mut self) {
        self.regain_broker();
        self.unfence();
        self.pass(Duration::from_secs(60));
        assert_eq!(self.router.calls_in_flight(), 0, "a call that never ends");
        assert_eq!(self.router.instances().count(), 0, "silent and still there");
        assert_eq!(self.router.next_deadline(), None, "a deadline of nobody");
        let counters = self.router.counters();
        let answered = self.tally.results + self.tally.errors + self.tally.kept_errors;
        assert_eq!(
            counters.calls,
            answered + self.tally.failed + self.tally.abandoned,
            "the books balance"
        );
    }

    pub(crate) fn take(&mut self, step: &Step) {
        match *step {
            Step::Register { .. } => self.register(step),
            Step::Deregister { service, id, shown } => {
                let (service, instance) = name(service, id);
                let credential = self.credential(service, instance, shown);
                let event = Event::DeregistrationReceived {
                    service,
                    instance,
                    credential,
                };
                let told = Told::Dismissed(self.entitled(service, instance, shown));
                self.feed(event, told);
            }
            Step::Heartbeat {
                service,
                id,
                shown,
                draining,
                on,
            } => {
                let (service, instance) = name(service, id);
                let credential = self.credential(service, instance, shown);
                let key = self.entitled(service, instance, shown);
                let lifecycle = if draining {
                    Lifecycle::Draining
                } else {
                    Lifecycle::Serving
                };
                let event = Event::HeartbeatReceived {
                    service,
                    instance,
                    credential,
                    lifecycle,
                    vitals: Vitals::default(),
                    adopt: None,
                    connection: on.map(|on| self.connection(on)),
                };
                self.feed(event, Told::HeardOf(key));
            }
            Step::EverybodyBeats => self.everybody_beats(),
            Step::Call { .. } => self.call(step),
            Step::Reply {
                call,
                attempt,
                kind,
            } => self.reply(call, attempt, kind),
            Step::NoResponders { call, attempt } => {
                if let Some((call, attempt)) = self.attempt(call, attempt) {
                    self.ledger.prove(call, attempt, Proof::NotRun);
                    let attempt = AttemptNo(attempt);
                    self.feed(Event::NoResponders { call, attempt }, Told::Else);
                }
            }
            Step::ProbeAnswered(pick) => {
                if let Some(key) = self.instance(pick) {
                    self.answer_probe(key);
                }
            }
            Step::InboxGained(pick) => {
                if let Some(instance) = self.instance(pick) {
                    self.feed(Event::InboxGained { instance }, Told::Else);
                }
            }
            Step::InboxLost(pick) => {
                if let Some(instance) = self.instance(pick) {
                    self.feed(Event::InboxLost { instance }, Told::Else);
                }
            }
            Step::Disconnected(pick) => {
                if let Some(instance) = self.instance(pick) {
                    self.feed(Event::Disconnected { instance }, Told::Else);
                }
            }
            Step::BrokerLost => {
                self.deaf = true;
                self.feed(Event::BrokerLost, Told::Else);
            }
            Step::BrokerRegained => self.regain_broker(),
            Step::Fenced => {
                self.fenced = true;
                self.feed(Event::Fenced, Told::Else);
            }
            Step::Unfenced => self.unfence(),
            Step::Close {
                connection,
                by_peer,
            } => {
                let closed = self.connection(connection);
                self.closed[usize::from(connection % CONNECTIONS)] += 1;
                let event = Event::ConnectionClosed {
                    connection: closed,
                    by_peer,
                };
                self.feed(event, Told::Closed(closed));
            }
            Step::Pass(ms) => self.pass(Duration::from_millis(ms.into())),
            Step::Stall(ms) => {
                self.now = self.now + Duration::from_millis(ms.into());
                self.punctual = false;
            }
            Step::Shutdown => self.feed(Event::ShutdownStarted, Told::Else),
        }
    }

    fn unfence(&mut self) {
        if std::mem::take(&mut self.fenced) {
            self.feed(Event::Unfenced, Told::Else);
        }
    }

    fn regain_broker(&mut self) {
        if std::mem::take(&mut self.deaf) {
            self.ledger.lose_what_is_open();
            self.tally.regained += 1;
            self.feed(Event::BrokerRegained, Told::Else);
        }
    }

    fn pass(&mut self, span: Duration) {
        self.fire(self.now);
        self.punctual = true;
        self.fire(self.now + span);
    }

    /// Fires what is due until then, each at its instant, or now if that has passed.
    fn fire(&mut self, until: Instant) {
        let mut fired = 0;
        while let Some(due) = self.router.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.feed(Event::DeadlineReached, Told::Else);
            fired += 1;
            assert!(fired < 10_000, "timers without end");
        }
        self.now = until;
    }

    fn everybody_beats(&mut self) {
        let mut present: Vec<_> = self.ledger.present.clone().into_iter().collect();
        present.sort();
        for ((service, instance), key) in present {
            if self.entitled(service, instance, Shown::Right).is_none() {
                continue;
            }
            let event = Event::HeartbeatReceived {
                service,
                instance,
                credential: self.credential(service, instance, Shown::Right),
                lifecycle: Lifecycle::Serving,
                vitals: Vitals::default(),
                adopt: None,
                connection: self.ledger.lives.get(&key).and_then(|life| life.on),
            };
            self.feed(event, Told::HeardOf(Some(key)));
        }
    }

    fn reply(&mut self, call: u8, attempt: u8, kind: u8) {
        let Some((call, attempt)) = self.attempt(call, attempt) else {
            return;
        };
        let (reply, proof) = match kind {
            0..=3 => (ReplyKind::Success, Proof::Ran),
            4 => (ReplyKind::HandlerError { retryable: false }, Proof::Ran),
            5 | 6 => (ReplyKind::HandlerError { retryable: true }, Proof::Ran),
            7 | 8 => (ReplyKind::Refused, Proof::NotRun),
            _ => (ReplyKind::Invalid, Proof::Ran),
        };
        self.ledger.prove(call, attempt, proof);
        if let Some(key) = self.answers_for(call, attempt) {
            let lease = self.router.instance(key).map(|view| view.lease_ttl);
            if let (Some(life), Some(ttl)) = (self.ledger.lives.get_mut(&key), lease) {
                life.lease = life.lease.max(self.now + ttl);
            }
        }
        let event = Event::ReplyReceived {
            call,
            attempt: AttemptNo(attempt),
            reply,
        };
        self.feed(event, Told::Replied(call, attempt, reply));
    }

    /// Who answers, if it is still somebody.
    fn answers_for(&self, call: CallId, attempt: u32) -> Option<InstanceKey> {
        let index = (attempt as usize).checked_sub(1)?;
        let to = self.ledger.open.get(&call)?.sent.get(index)?.to;
        self.router.instance(to).map(|_| to)
    }

    /// An open call, or now and then one that is over; an attempt of it, or one it never had.
    fn attempt(&self, call: u8, attempt: u8) -> Option<(CallId, u32)> {
        if call > 240 || self.ledger.open.is_empty() {
            let over = self
                .over
                .get(usize::from(attempt) % self.over.len().max(1))?;
            return Some((*over, 1));
        }
        let open = self.ledger.open.len();
        let (call, asked) = self.ledger.open.iter().nth(usize::from(call) % open)?;
        let attempts = asked.sent.len() as u32;
        let attempt = match attempt {
            0..=2 => attempts + u32::from(attempt),
            3..=128 => attempts,
            _ => u32::from(attempt) % attempts.max(1) + 1,
        };
        Some((*call, attempt))
    }

    fn instance(&self, pick: u8) -> Option<InstanceKey> {
        let mut keys: Vec<InstanceKey> = self.ledger.lives.keys().copied().collect();
        keys.sort();
        keys.get(usize::from(pick) % keys.len().max(1)).copied()
    }

    pub(super) fn answer_probe(&mut self, key: InstanceKey) {
        let view = self.router.instance(key).expect("in the ledger");
        let proven_gone =
            view.health == Health::Unhealthy && view.reason == HealthReason::ConnectionClosed;
        let lease = self.now + view.lease_ttl;
        if let Some(life) = self.ledger.lives.get_mut(&key).filter(|_| !proven_gone) {
            life.lease = lease;
            self.tally.welcomed += u64::from(!life.welcomed);
            life.welcomed = true;
        }
        self.feed(Event::ProbeAnswered { instance: key }, Told::Else);
    }

    pub(super) fn connection(&self, connection: u8) -> ConnectionId {
        let slot = connection % CONNECTIONS;
        let closed = self.closed[usize::from(slot)];
        ConnectionId(u64::from(slot) + closed * u64::from(CONNECTIONS))
    }

    fn credential(&self, service: &'static str, id: &'static str, shown: Shown) -> Credential {
        let known = self
            .ledger
            .present
            .get(&(service, id))
            .and_then(|key| self.ledger.lives.get(key));
        let Some(life) = known.filter(|life| !life.legacy) else {
            return match shown {
                Shown::WrongToken | Shown::OlderLife => Credential::LeaseToken {
                    token: 1,
                    incarnation: Incarnation::from_bits(1),
                },
                Shown::Right | Shown::NothingAtAll => Credential::Legacy,
            };
        };
        let (token, incarnation) = (life.token.unwrap_or_default(), life.incarnation);
        match shown {
            Shown::Right => Credential::LeaseToken { token, incarnation },
            Shown::WrongToken => Credential::LeaseToken {
                token: !token,
                incarnation,
            },
            Shown::OlderLife => Credential::LeaseToken {
                token,
                incarnation: Incarnation::from_bits(incarnation.bits() - 1),
            },
            Shown::NothingAtAll => Credential::Legacy,
        }
    }

    /// Who is meant, if what is shown entitles to speak for it.
    fn entitled(
        &self,
        service: &'static str,
        id: &'static str,
        shown: Shown,
    ) -> Option<InstanceKey> {
        let key = self.ledger.present.get(&(service, id)).copied()?;
        let life = self.ledger.lives.get(&key)?;
        let legacy = life.legacy;
        match shown {
            // Who has not been told its token cannot show it.
            Shown::Right if legacy || life.token.is_some() => Some(key),
            Shown::Right => None,
            Shown::NothingAtAll if legacy => Some(key),
            Shown::NothingAtAll | Shown::WrongToken | Shown::OlderLife => None,
        }
    }

    pub(super) fn feed(&mut self, event: Event<'_>, told: Told) {
        let mut effects = Vec::new();
        self.router.handle(self.now, event, &mut effects);
        self.judge(effects, told);
    }
}

pub(super) fn name(service: u8, id: u8) -> (&'static str, &'static str) {
    (
        SERVICES[usize::from(service) % SERVICES.len()],
        IDS[usize::from(id) % IDS.len()],
    )
}
