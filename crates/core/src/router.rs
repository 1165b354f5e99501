//! The machine: dispatch only.

use std::collections::BTreeMap;

use aegis_types::Instant;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::config::Config;
use crate::deadlines::{Deadlines, MAX_DUE_PER_EVENT};
use crate::delivery::{AttemptEnds, Calls};
use crate::effect::Effect;
use crate::event::Event;
use crate::health::{Heartbeat, Tally, Trust, TrustState};
use crate::limit;
use crate::metrics::Histogram;
use crate::registry::Registry;

/// What happened so far, for people and metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Heartbeats received.
    pub heartbeats: u64,
    /// Heartbeats refused.
    pub heartbeats_refused: u64,
    /// Registrations refused.
    pub registrations_refused: u64,
    /// Changes of health announced.
    pub health_changes: u64,
    /// Calls received.
    pub calls: u64,
    /// Calls answered with a failure of ours.
    pub failed: u64,
    /// Attempts beyond the first of a call.
    pub rerouted: u64,
    /// Replies that came after their attempt or call was settled.
    pub late_replies: u64,
    /// Calls dropped because their caller's connection closed.
    pub abandoned: u64,
}

/// The router.
#[derive(Debug)]
pub struct Router {
    pub(crate) config: Config,
    pub(crate) registry: Registry,
    pub(crate) calls: Calls,
    pub(crate) deadlines: Deadlines,
    pub(crate) counters: Counters,
    pub(crate) attempt_ends: AttemptEnds,
    pub(crate) trust: Trust,
    pub(crate) tally: Tally,
    pub(crate) lateness: Histogram,
    pub(crate) next_legacy: u64,
    pub(crate) stopping: bool,
    shed: BTreeMap<&'static str, u64>,
    chance: ChaCha8Rng,
}

impl Router {
    /// An empty router. The seed makes lease tokens: secret in production, fixed in tests.
    pub fn new(config: Config, seed: [u8; 32]) -> Router {
        Router {
            config,
            registry: Registry::new(&seed),
            calls: Calls::default(),
            deadlines: Deadlines::default(),
            counters: Counters::default(),
            attempt_ends: AttemptEnds::default(),
            trust: Trust::default(),
            tally: Tally::default(),
            lateness: Histogram::default(),
            next_legacy: 0,
            stopping: false,
            shed: limit::ALL.into_iter().map(|limit| (limit, 0)).collect(),
            chance: ChaCha8Rng::from_seed(seed),
        }
    }

    /// Takes what happened, leaves what must be done.
    pub fn handle(&mut self, now: Instant, event: Event<'_>, effects: &mut Vec<Effect>) {
        self.begin_watching(now, effects);
        match event {
            Event::RegistrationReceived(registration) => {
                self.on_registration(now, &registration, effects);
            }
            Event::DeregistrationReceived {
                service,
                instance,
                credential,
            } => {
                self.on_deregistration(now, service, instance, credential, effects);
            }
            Event::HeartbeatReceived {
                service,
                instance,
                credential,
                lifecycle,
                vitals,
                adopt,
                connection,
            } => {
                let heartbeat = Heartbeat {
                    service,
                    instance,
                    credential,
                    lifecycle,
                    vitals,
                    adopt,
                    connection,
                };
                self.on_heartbeat(now, &heartbeat, effects);
            }
            Event::CallReceived(request) => self.on_call(now, &request, effects),
            Event::ReplyReceived {
                call,
                attempt,
                reply,
            } => {
                self.on_reply(now, call, attempt, reply, effects);
            }
            Event::NoResponders { call, attempt } => {
                self.on_no_responders(now, call, attempt, effects);
            }
            Event::AttemptUnsent {
                call,
                attempt,
                limit,
            } => {
                self.on_unsent(now, call, attempt, limit, effects);
            }
            Event::ProbeUnheard { instance } => self.on_probe_unheard(now, instance, effects),
            Event::ProbeAnswered { instance } => self.on_probe_answered(now, instance, effects),
            Event::InboxGained { instance } => self.on_inbox_gained(now, instance, effects),
            Event::InboxLost { instance } => self.on_inbox_lost(now, instance, effects),
            Event::Disconnected { instance } => self.on_disconnected(now, instance, effects),
            Event::BrokerLost => self.on_broker_lost(now, effects),
            Event::BrokerRegained => self.on_broker_regained(now, effects),
            Event::Fenced => self.on_fenced(now, effects),
            Event::Unfenced => self.on_unfenced(now, effects),
            Event::ConnectionClosed {
                connection,
                by_peer,
            } => {
                self.on_connection_closed(now, connection, by_peer, effects);
            }
            Event::OperatorAsked {
                service,
                instance,
                word,
            } => self.on_operator(now, service, instance, word, effects),
            Event::DeadlineReached => self.on_deadline(now, effects),
            Event::ShutdownStarted => self.stopping = true,
            Event::GraceEnded => self.end_all_calls(now, effects),
        }
    }

    /// When it wants [`Event::DeadlineReached`].
    pub fn next_deadline(&self) -> Option<Instant> {
        let (mine, theirs) = (self.trust_deadline(), self.deadlines.next(self.let_go_at()));
        match (mine, theirs) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        }
    }

    /// How far the router trusts its own view, and since when.
    pub fn trust(&self) -> (TrustState, Instant) {
        (self.trust.state, self.trust.since)
    }

    /// What happened so far.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How attempts ended that brought no result, since start.
    pub fn attempt_ends(&self) -> &AttemptEnds {
        &self.attempt_ends
    }

    /// Calls that have not had their answer.
    pub fn calls_in_flight(&self) -> usize {
        self.calls.len()
    }

    /// Leases end before any call moves, so that no call moves to an instance whose lease ends with
    /// the one it leaves.
    fn on_deadline(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.mistrust_own_sleep(now, self.next_deadline(), effects);
        self.watch_nothing(now);
        self.on_trust_due(now, effects);
        let mut to_settle = Vec::new();
        for _ in 0..MAX_DUE_PER_EVENT {
            let Some(instance) = self.deadlines.take_due_instance(now, self.let_go_at()) else {
                break;
            };
            if self.on_instance_due(now, instance, effects) {
                to_settle.push(instance);
            }
        }
        self.trust.looked_at = now;
        for instance in to_settle {
            self.lapse_attempts_on(now, instance, effects);
            self.answer_held(now, instance, effects);
        }
        for _ in 0..MAX_DUE_PER_EVENT {
            let Some(call) = self.deadlines.take_due_call(now) else {
                break;
            };
            self.on_call_due(now, call, effects);
        }
    }

    /// How often each limit refused somebody: all of [`limit::ALL`].
    pub fn shed(&self) -> &BTreeMap<&'static str, u64> {
        &self.shed
    }

    pub(crate) fn count_shed(&mut self, limit: &'static str) {
        *self.shed.entry(limit).or_default() += 1;
    }

    pub(crate) fn random_token(&mut self) -> u64 {
        self.chance.next_u64()
    }
}
