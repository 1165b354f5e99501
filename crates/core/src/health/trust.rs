//! The router distrusts itself first.
//!
//! ```text
//! warming --one lease TTL of undisturbed watching--> normal
//! normal  --woke up too late--> warming
//! normal  --too many would expire at once--> preserving --heartbeats returned--> normal
//!                                                       --probes prove the loss--> normal
//!                                                       --two lease TTLs--> normal
//! ```
//!
//! While the router has no NATS server, or is fenced and takes no requests, it hears nobody: it is
//! warming, and begins to watch when heartbeats can reach it again.
//!
//! Silence counts only while the router watched: a lease ends one TTL after the later of the last
//! frame and `watched_since`. So a router that was paused, or has just started, expires nobody for
//! one TTL, and nothing else has to know that it is warming.
//!
//! Preserving: when more than 15 % of the live instances, and at least 3, are silent at once, the
//! network or this router is the likelier culprit. Nobody becomes unhealthy by silence; the silent
//! are used last; a sample of them is probed. Source of the idea: Eureka's self-preservation;
//! unlike that one, this lets go by itself.

use std::time::Duration;

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, Instant};
use smallvec::SmallVec;

use super::tally::Tally;
use super::trust_words::{TrustReason, TrustState};
use crate::effect::{Effect, TrustChange};
use crate::keys::InstanceKey;
use crate::router::Router;

/// Fewer silent instances than this are never a mass loss.
const MASS_AT_LEAST: usize = 3;

/// A mass loss is more than this many in a hundred of the live instances.
const MASS_PERCENT: usize = 15;

/// How many of the silent are probed while preserving.
const SAMPLE: usize = 8;

/// Preserving ends by itself after this many lease TTLs.
const PRESERVING_TTLS: u32 = 2;

/// A router that wakes up later than this, or than a tenth of the lease TTL if that is more, did
/// not watch.
const LATE_AFTER: Duration = Duration::from_secs(1);

/// The router's trust in itself.
#[derive(Debug)]
pub(crate) struct Trust {
    pub(crate) state: TrustState,
    pub(crate) since: Instant,
    /// Undisturbed watching began; none before the first event.
    pub(crate) watched_since: Option<Instant>,
    /// It has no NATS server.
    has_no_broker: bool,
    /// It takes no requests.
    is_fenced: bool,
    /// Leases that ended until then are not a new mass loss: this router let go of them.
    let_go: Instant,
    /// When due entries were last worked through. What is still due then is work left over, and
    /// does not say that the router slept.
    pub(crate) looked_at: Instant,
    /// Those probed, and whether the probe was found to reach nobody.
    sample: SmallVec<[(InstanceKey, bool); SAMPLE]>,
}

impl Default for Trust {
    fn default() -> Trust {
        Trust {
            state: TrustState::Warming,
            since: Instant::ZERO,
            watched_since: None,
            has_no_broker: false,
            is_fenced: false,
            let_go: Instant::ZERO,
            looked_at: Instant::ZERO,
            sample: SmallVec::new(),
        }
    }
}

impl Trust {
    /// It hears nobody, and silence says nothing.
    pub(crate) const fn is_deaf(&self) -> bool {
        self.has_no_broker || self.is_fenced
    }
}

impl Tally {
    /// So many are silent that it is unlikely that they all died.
    fn is_mass_silence(&self) -> bool {
        self.late >= MASS_AT_LEAST && self.late * 100 > self.live * MASS_PERCENT
    }
}

impl Router {
    /// What it does not know, it may know soon.
    pub(crate) fn is_warming(&self) -> bool {
        self.trust.state == TrustState::Warming
    }

    /// When the present state ends by itself.
    pub(crate) fn trust_deadline(&self) -> Option<Instant> {
        match self.trust.state {
            TrustState::Normal => None,
            TrustState::Warming if self.trust.is_deaf() => None,
            // Before the first event it wants one at once, to begin to watch.
            TrustState::Warming => Some(
                self.trust
                    .watched_since
                    .map_or(Instant::ZERO, |since| since + self.config.lease_ttl),
            ),
            TrustState::Preserving => {
                Some(self.trust.since + self.config.lease_ttl * PRESERVING_TTLS)
            }
        }
    }

    /// Called with every event: begins to watch with the first.
    pub(crate) fn begin_watching(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if self.trust.watched_since.is_none() {
            self.watch_anew(now, TrustReason::Started, effects);
        }
    }

    /// The timer came, and this was the nearest deadline. If that is long past, the router slept
    /// while heartbeats may have come: it did not watch.
    pub(crate) fn mistrust_own_sleep(
        &mut self,
        now: Instant,
        nearest: Option<Instant>,
        effects: &mut Vec<Effect>,
    ) {
        // What was preserved is overdue from the moment the router let go of it, and what one event
        // could not take is overdue from that event: not before.
        let began = self.trust.let_go.max(self.trust.looked_at);
        let late = nearest.map_or(Duration::ZERO, |nearest| {
            now.saturating_since(nearest.max(began))
        });
        self.lateness.note(late);
        if late > LATE_AFTER.max(self.config.lease_ttl / 10) && !Plant::ExpiryOnWaking.is_sown() {
            self.watch_anew(now, TrustReason::WokeLate, effects);
        }
    }

    /// It hears nobody from now on.
    pub(crate) fn on_broker_lost(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.trust.has_no_broker = true;
        self.watch_anew(now, TrustReason::BrokerLost, effects);
    }

    /// It hears again, and what was in flight is settled: a request or a reply may be lost for ever.
    pub(crate) fn on_broker_regained(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.trust.has_no_broker = false;
        self.watch_anew(now, TrustReason::BrokerRegained, effects);
        self.settle_all_attempts(now, AttemptEnd::BrokerLost, effects);
    }

    /// It takes no requests from now on; answers still reach it.
    pub(crate) fn on_fenced(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.trust.is_fenced = true;
        self.watch_anew(now, TrustReason::Fenced, effects);
    }

    /// It takes requests again.
    pub(crate) fn on_unfenced(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        self.trust.is_fenced = false;
        self.watch_anew(now, TrustReason::Unfenced, effects);
    }

    /// While it is deaf, watching begins anew each time it looks: no silence is ever long.
    pub(crate) fn watch_nothing(&mut self, now: Instant) {
        if self.trust.is_deaf() {
            self.trust.watched_since = Some(now);
        }
    }

    fn watch_anew(&mut self, now: Instant, reason: TrustReason, effects: &mut Vec<Effect>) {
        self.trust.watched_since = Some(now);
        self.enter(now, TrustState::Warming, reason, effects);
    }

    /// The present state may be over.
    pub(crate) fn on_trust_due(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if self.trust_deadline().is_none_or(|due| due > now) {
            return;
        }
        match self.trust.state {
            TrustState::Normal => {}
            TrustState::Warming => {
                self.enter(now, TrustState::Normal, TrustReason::Watched, effects);
            }
            TrustState::Preserving => self.let_go(now, TrustReason::TimeOver, effects),
        }
    }

    /// A lease ended at `ended`. Says whether its end must be ignored, since too many end at once.
    pub(crate) fn preserves(
        &mut self,
        now: Instant,
        key: InstanceKey,
        ended: Instant,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if self.trust.state == TrustState::Preserving {
            return true;
        }
        if ended <= self.trust.let_go || !self.tally.is_mass_silence() {
            return false;
        }
        self.enter(
            now,
            TrustState::Preserving,
            TrustReason::MassSilence,
            effects,
        );
        self.probe_sample(key, effects);
        true
    }

    /// Asks the one whose lease ended and those whose leases end next: they come first in the
    /// deadlines, so that nobody walks a million instances to find them.
    fn probe_sample(&mut self, ended: InstanceKey, effects: &mut Vec<Effect>) {
        let next = self.deadlines.instances.iter().map(|(_, key)| *key);
        let silent = std::iter::once(ended).chain(next).filter(|key| {
            let instance = self.registry.instance(*key);
            instance.is_some_and(|instance| instance.tallied.late && instance.is_native())
        });
        self.trust.sample = silent.map(|key| (key, false)).take(SAMPLE).collect();
        for (key, _) in &self.trust.sample {
            effects.push(Effect::Probe { instance: *key });
        }
    }

    /// A probe reached nobody.
    pub(crate) fn note_probe_unheard(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        if self.trust.state != TrustState::Preserving {
            return;
        }
        for (probed, unheard) in &mut self.trust.sample {
            *unheard |= *probed == key;
        }
        if self.trust.sample.iter().all(|(_, unheard)| *unheard) {
            self.let_go(now, TrustReason::LossProven, effects);
        }
    }

    /// Somebody is heard of again, or gone for good: there may be no mass silence any more.
    pub(crate) fn reconsider_preserving(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        if self.trust.state == TrustState::Preserving && !self.tally.is_mass_silence() {
            self.let_go(now, TrustReason::HeartbeatsReturned, effects);
        }
    }

    /// Whoever is still silent expires now.
    fn let_go(&mut self, now: Instant, reason: TrustReason, effects: &mut Vec<Effect>) {
        if Plant::PreservingNeverEnds.is_sown() {
            self.trust.since = now;
            return;
        }
        self.trust.let_go = now;
        self.enter(now, TrustState::Normal, reason, effects);
    }

    /// When preserving ended, and with it what was preserved became due; none while it lasts.
    pub(crate) fn let_go_at(&self) -> Option<Instant> {
        (self.trust.state != TrustState::Preserving).then_some(self.trust.since)
    }

    fn enter(
        &mut self,
        now: Instant,
        state: TrustState,
        reason: TrustReason,
        effects: &mut Vec<Effect>,
    ) {
        let from = std::mem::replace(&mut self.trust.state, state);
        self.trust.since = now;
        self.trust.sample.clear();
        if reason == TrustReason::Started {
            return;
        }
        effects.push(Effect::AnnounceTrust(Box::new(TrustChange {
            from,
            to: state,
            reason,
            live: self.tally.live,
            silent: self.tally.late,
        })));
    }
}
