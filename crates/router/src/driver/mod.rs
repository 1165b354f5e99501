//! The driver: the core and the bytes it knows nothing of. Still no IO.
//!
//! It is a [`LocalPeer`] of the message switch: messages come in, become events of the core, and
//! the effects that leave become messages in its outbox. On the embedded broker it runs in the
//! broker's own thread; on a real NATS server a host of
//! its own drives it.
//!
//! One file per kind of message: `register`, `heartbeat`, `route`, `response`, `admin`. What goes
//! out is in `send` and `answer`. What it must keep for a call is in `pending`.

mod acknowledge;
mod admin;
mod answer;
mod events;
mod hand;
mod heartbeat;
mod held;
mod legacy_probes;
mod nats;
mod pending;
mod register;
mod response;
mod route;
mod router_info;
mod send;
mod timing;
mod token;
mod unsupported;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use aegis_core::{Config, ConnectionId, Effect, Event, InstanceKey, Router};
use aegis_nats::codec::status_code;
use aegis_nats::{ClosedBy, LocalPeer, Message, Outbox, PeerEvent};
use aegis_types::Instant;
use aegis_wire::{Inbound, Inbox, Subjects};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::metrics::{Counts, Snapshot};
use crate::observe::Lines;

use self::hand::Hand;
use self::held::Held;
use self::legacy_probes::LegacyProbes;
use self::nats::Tracked;
use self::pending::PendingCalls;
pub use self::router_info::{EvidenceInForce, HostFacts};
use self::timing::Timing;

/// Most legacy inboxes that are remembered without their instance being known.
const MAX_LISTENING: usize = 1_000_000;

/// What an attempt or an answer holds besides what it passes on, at most: names, ids, times.
const ENVELOPE_BYTES: usize = 1_024;

/// What the driver dropped or refused before it reached the core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DriverCounters {
    /// Requests that could not be answered: no reply subject, or one that must not be used.
    pub unanswerable: u64,
    /// Messages that were refused with an error.
    pub refused_messages: u64,
    /// Responses that matched no open attempt or probe.
    pub late_responses: u64,
}

/// What a driver must be told at the start.
#[derive(Clone, Debug)]
pub struct DriverOptions {
    /// Settings of the core.
    pub config: Config,
    /// The subjects it serves.
    pub subjects: Subjects,
    /// Chance: secret in production, fixed in simulation.
    pub seed: [u8; 32],
    /// Wall time at the host's origin, in microseconds since 1970. For people only.
    pub unix_micros_at_origin: u64,
}

/// The core, its host's view of it, and everything held for calls and instances.
#[derive(Debug)]
pub struct Driver {
    core: Router,
    subjects: Subjects,
    /// Random id of this start.
    router: String,
    chance: ChaCha8Rng,
    unix_micros_at_origin: u64,
    outbox: Outbox,
    effects: Vec<Effect>,
    pending: PendingCalls,
    /// The number of the probes of each instance that has not answered any of them.
    probes: FxHashMap<InstanceKey, u64>,
    /// Those of them that are answered by silence.
    legacy_probes: LegacyProbes,
    /// Where it runs, for whoever asks.
    host: HostFacts,
    /// For a host that wants to know where instances live.
    tracked: Option<Tracked>,
    /// Registrations that wait for the welcome of their instance.
    held: FxHashMap<InstanceKey, Held>,
    /// Whose inbox a legacy inbox is: its id may be registered under several services.
    legacy_inboxes: HashMap<Box<str>, SmallVec<[InstanceKey; 1]>>,
    /// The way back.
    legacy_ids: FxHashMap<InstanceKey, Box<str>>,
    /// Ids whose legacy inbox has a subscriber, known here or not: after a restart of the router
    /// such an instance may beat without registering.
    listening: HashSet<Box<str>>,
    /// What is wrong with the reply in hand, for the error that its caller gets.
    invalid_reply: Option<String>,
    counters: DriverCounters,
    lines: Lines,
    counts: Counts,
    /// Times every 64th heartbeat, where the host has a clock.
    timing: Timing,
    /// Most bytes of headers and body in one message.
    max_payload: usize,
    /// Used again for every subject that is built.
    subject: String,
    response: String,
}

impl Driver {
    /// A driver with an empty core.
    pub fn new(options: DriverOptions) -> Driver {
        let mut chance = ChaCha8Rng::from_seed(options.seed);
        let mut core_seed = [0; 32];
        chance.fill_bytes(&mut core_seed);
        Driver {
            core: Router::new(options.config, core_seed),
            subjects: options.subjects,
            router: format!("{:016x}", chance.next_u64()),
            chance,
            unix_micros_at_origin: options.unix_micros_at_origin,
            outbox: Outbox::default(),
            effects: Vec::new(),
            pending: PendingCalls::default(),
            probes: FxHashMap::default(),
            legacy_probes: LegacyProbes::default(),
            host: HostFacts::default(),
            tracked: None,
            held: FxHashMap::default(),
            legacy_inboxes: HashMap::new(),
            legacy_ids: FxHashMap::default(),
            listening: HashSet::new(),
            invalid_reply: None,
            counters: DriverCounters::default(),
            lines: Lines::default(),
            counts: Counts::default(),
            timing: Timing::default(),
            max_payload: usize::MAX,
            subject: String::new(),
            response: String::new(),
        }
    }

    /// Random id of this start, as instances and callers see it.
    pub fn router_id(&self) -> &str {
        &self.router
    }

    /// The core, for listings and checks.
    pub fn core(&self) -> &Router {
        &self.core
    }

    /// What was dropped or refused before it reached the core.
    pub fn counters(&self) -> DriverCounters {
        self.counters
    }

    /// The numbers for metrics, as they are now.
    pub fn snapshot(&self, now: Duration) -> Snapshot {
        let now = Instant::from_origin(now);
        Snapshot::of(now, &self.core, self.counters, &self.counts)
    }

    /// Panics with a sentence if core and driver have come apart. For tests and the simulator.
    pub fn check_invariants(&self) {
        self.core.check_invariants();
        assert_eq!(
            self.pending.len(),
            self.core.calls_in_flight(),
            "calls held by the driver against calls in flight"
        );
        for key in self.probes.keys().chain(self.held.keys()) {
            assert!(
                self.core.instance(*key).is_some(),
                "{key:?}: held for nobody"
            );
        }
        for (id, keys) in &self.legacy_inboxes {
            for key in keys {
                let instance = self.core.instance(*key);
                assert!(
                    instance.is_some_and(|instance| instance.id.as_str() == &**id),
                    "{key:?}: inbox of nobody"
                );
            }
        }
    }

    /// One event of the core, and its effects carried out.
    fn step(&mut self, now: Instant, event: Event<'_>, hand: &Hand<'_>) {
        self.lines.now = now;
        let mut effects = std::mem::take(&mut self.effects);
        self.counts.note_event(&event);
        self.core.handle(now, event, &mut effects);
        for effect in effects.drain(..) {
            self.carry_out(now, effect, hand);
        }
        self.effects = effects;
    }

    fn carry_out(&mut self, now: Instant, effect: Effect, hand: &Hand<'_>) {
        self.counts.note_effect(&self.core, &effect);
        match effect {
            Effect::Send {
                call,
                attempt,
                instance,
                deadline,
            } => {
                self.send(now, call, attempt, instance, deadline, hand);
            }
            Effect::PassReply {
                call,
                attempt,
                instance,
            } => {
                self.pass_reply(now, call, attempt, &instance, hand);
            }
            Effect::PassError { call, attempts } => self.pass_error(now, call, &attempts, hand),
            Effect::KeepError { call } => self.keep_error(call, hand),
            Effect::PassKeptError { call, attempts } => {
                self.pass_kept_error(now, call, &attempts);
            }
            Effect::Fail { call, failure } => self.fail(now, call, &failure),
            Effect::Forget(call) => self.pending.end(call),
            Effect::Probe { instance } => self.probe(now, instance),
            Effect::Announce(change) => self.announce(now, &change),
            Effect::ReportBeats {
                instance,
                beats,
                silent,
            } => self.report_beats(instance, beats, silent),
            Effect::AnnounceTrust(change) => self.announce_trust(now, &change),
            Effect::AnswerOperator(answer) => self.answer_operator(hand, answer),
            Effect::Adopt { instance } => self.keep_inbox_of(instance),
            Effect::Remove { instance } => self.forget_instance(instance),
            Effect::AdmitRegistration {
                instance,
                lease_token,
                lease_ttl,
                joining,
            } => {
                self.admit(now, hand, instance, lease_token, lease_ttl, joining);
            }
            Effect::HoldRegistration { instance } => self.hold_registration(hand, instance),
            Effect::RefuseHeldRegistration { instance, refusal } => {
                self.refuse_held_registration(instance, refusal);
            }
            Effect::RefuseRegistration(refusal) => self.refuse_registration(hand, refusal),
            Effect::ConfirmDeregistration { known } => self.confirm_deregistration(hand, known),
            Effect::RefuseDeregistration(refusal) => self.refuse_deregistration(hand, refusal),
            Effect::ConfirmHeartbeat {
                lease_ttl,
                next_interval,
            } => {
                self.confirm_heartbeat(now, hand, lease_ttl, next_interval);
            }
            Effect::RefuseHeartbeat(refusal) => self.refuse_heartbeat(now, hand, refusal),
        }
    }

    fn unix_micros(&self, now: Instant) -> u64 {
        self.unix_micros_at_origin + now.as_nanos() / 1_000
    }

    /// Where the answer to a message goes. A reply subject is attacker input: answers never go to
    /// our own subjects or to the broker's.
    fn answerable<'a>(&mut self, message: &Message<'a>) -> Option<&'a str> {
        let ours = |reply: &str| {
            reply
                .strip_prefix(self.subjects.prefix())
                .is_some_and(|rest| rest.starts_with('.'))
        };
        let reply = message
            .reply
            .filter(|reply| !reply.starts_with('$') && !ours(reply));
        if reply.is_none() {
            self.counters.unanswerable += 1;
            self.lines.unanswerable(message.subject, message.payload);
        }
        reply
    }

    fn forget_instance(&mut self, instance: InstanceKey) {
        self.probes.remove(&instance);
        self.held.remove(&instance);
        if let Some(tracked) = &mut self.tracked {
            tracked.removed.push(instance);
        }
        let Some(id) = self.legacy_ids.remove(&instance) else {
            return;
        };
        if let Some(keys) = self.legacy_inboxes.get_mut(&id) {
            keys.retain(|key| *key != instance);
            if keys.is_empty() {
                self.legacy_inboxes.remove(&id);
            }
        }
    }

    /// The instances whose inbox a subject is.
    fn owners_of(&self, subject: &str) -> SmallVec<[InstanceKey; 1]> {
        match self.subjects.parse_inbox(subject) {
            Some(Inbox::Native {
                service,
                instance,
                incarnation,
            }) => self
                .core
                .records_of(service, instance, incarnation)
                .collect(),
            Some(Inbox::Legacy { instance }) => self
                .legacy_inboxes
                .get(instance)
                .cloned()
                .unwrap_or_default(),
            None => SmallVec::new(),
        }
    }
}

/// 503: exactly the message with this reply subject reached nobody.
fn is_no_responders(message: &Message<'_>) -> bool {
    const NO_RESPONDERS: u16 = 503;
    message.payload.is_empty() && message.headers.and_then(status_code) == Some(NO_RESPONDERS)
}

impl LocalPeer for Driver {
    fn subscriptions(&self) -> Vec<(String, Option<String>)> {
        self.subjects.subscriptions(&self.router)
    }

    fn watches(&self) -> Vec<String> {
        self.subjects.inbox_patterns()
    }

    fn on_message(&mut self, now: Duration, message: &Message<'_>) {
        let now = Instant::from_origin(now);
        self.lines.now = now;
        match self.subjects.parse(message.subject) {
            Some(Inbound::Route { refined }) => self.on_route(now, message, refined),
            Some(Inbound::Response { token, .. }) => {
                match Inbound::attempt_token(token) {
                    // A real NATS server sends this to the reply subject of the message that reached nobody.
                    Some(token) if is_no_responders(message) => self.on_unheard(now, token),
                    token => self.on_response(now, message, token),
                }
            }
            Some(Inbound::Heartbeat { refined }) => self.on_heartbeat(now, message, refined),
            Some(Inbound::Register { refined }) => self.on_register(now, message, refined),
            Some(Inbound::Unregister { refined }) => self.on_unregister(now, message, refined),
            Some(Inbound::Resource { act, refined }) => self.on_resource(message, act, refined),
            Some(Inbound::Role { .. }) => self.on_role(message),
            Some(Inbound::Outcome { .. }) => self.on_outcome(message),
            Some(Inbound::MessageStatus) => self.on_message_status(message),
            Some(Inbound::AckResponse) => self.on_ack_response(message),
            Some(Inbound::Admin { noun, verb }) => self.on_admin(now, message, noun, verb),
            None => self.counters.unanswerable += 1,
        }
    }

    fn on_no_responders(&mut self, now: Duration, token: u128) {
        self.on_unheard(Instant::from_origin(now), token);
    }

    fn on_peer(&mut self, now: Duration, event: PeerEvent<'_>) {
        let now = Instant::from_origin(now);
        match event {
            PeerEvent::Closed { peer, by } => {
                let connection = ConnectionId(peer.0);
                let by_peer = by == ClosedBy::Peer;
                let event = Event::ConnectionClosed {
                    connection,
                    by_peer,
                };
                self.step(now, event, &Hand::Nothing);
            }
            PeerEvent::InterestGained { subject } => {
                if let Some(Inbox::Legacy { instance }) = self.subjects.parse_inbox(subject)
                    && self.listening.len() < MAX_LISTENING
                {
                    self.listening.insert(Box::from(instance));
                }
                for instance in self.owners_of(subject) {
                    self.step(now, Event::InboxGained { instance }, &Hand::Nothing);
                }
            }
            PeerEvent::InterestLost { subject } => {
                if let Some(Inbox::Legacy { instance }) = self.subjects.parse_inbox(subject) {
                    self.listening.remove(instance);
                }
                for instance in self.owners_of(subject) {
                    // What it may still answer is about an inbox that is not there any more.
                    self.probes.remove(&instance);
                    self.step(now, Event::InboxLost { instance }, &Hand::Nothing);
                }
            }
        }
    }

    fn on_timer(&mut self, now: Duration) {
        let now = Instant::from_origin(now);
        self.take_silent_probes(now);
        self.step(now, Event::DeadlineReached, &Hand::Nothing);
    }

    fn next_deadline(&self) -> Option<Duration> {
        let deadlines = [
            self.core.next_deadline(),
            self.legacy_probes.next_deadline(),
        ];
        let next = deadlines.into_iter().flatten().min();
        next.map(Instant::since_origin)
    }

    fn on_shutdown(&mut self, now: Duration) {
        let now = Instant::from_origin(now);
        self.step(now, Event::ShutdownStarted, &Hand::Nothing);
        self.announce_stopping(now);
    }

    fn is_idle(&self) -> bool {
        self.core.calls_in_flight() == 0
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}
