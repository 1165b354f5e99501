//! Who is alive: evidence in, health out.
//!
//! What is known is kept fact by fact (`assess`), since each comes and goes by evidence of its own;
//! what it adds up to is computed in one place. Silence is the weakest evidence and the last one
//! used (`lease`), and none at all while the router distrusts itself (`trust`).

mod assess;
mod beats;
mod evidence;
mod flaps;
mod heartbeat;
mod lease;
mod operator;
mod outlier;
mod tally;
mod trust;
mod trust_words;
mod vigil;
mod welcome;

pub(crate) use assess::Evidence;
pub use beats::Beats;
pub(crate) use flaps::Flaps;
pub(crate) use heartbeat::Heartbeat;
pub(crate) use outlier::{Outlier, speaks_against};
pub(crate) use tally::{Tallied, Tally, tallied};
pub(crate) use trust::Trust;
pub use trust_words::{TrustReason, TrustState};
pub(crate) use vigil::Vigil;
pub(crate) use welcome::Welcome;

use aegis_types::{Health, HealthReason, Instant};

use crate::effect::{Effect, HealthChange};
use crate::keys::InstanceKey;
use crate::router::Router;

impl Router {
    /// Brings an instance's health in line with the evidence; `why` is the reason if all is well.
    ///
    /// Told is whatever a watcher would see in a listing: another health, another main reason for it, or
    /// that calls go to it or not.
    pub(crate) fn reassess(
        &mut self,
        now: Instant,
        key: InstanceKey,
        why: HealthReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        let (health, reason) = instance.evidence.assess(instance.kind);
        let before = (instance.health, instance.reason);
        if health != before.0 {
            instance.health = health;
            instance.since = now;
        }
        if health != before.0 || health != Health::Healthy {
            instance.reason = reason.unwrap_or(why);
        }
        let (departed, routable) = (instance.departed, instance.candidate().is_routable());
        let is_news =
            before != (instance.health, instance.reason) || instance.told_routable != routable;
        if instance.tallied.routable && !departed && !routable {
            self.note_loss(key);
        }
        self.tally(key);
        self.arm(key);
        // Who has departed was announced as removed: that was the last word.
        if is_news && !departed {
            self.announce(now, key, Some(before.0), effects);
        }
    }

    /// Invariant 3.
    pub(crate) fn check_health(&self, key: InstanceKey) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        let (health, reason) = instance.evidence.assess(instance.kind);
        assert_eq!(instance.health, health, "{key:?}: health against evidence");
        assert!(
            reason.is_none_or(|reason| reason == instance.reason),
            "{key:?}: reason"
        );
        assert_eq!(
            instance.told_routable,
            instance.candidate().is_routable(),
            "{key:?}: routable, against what was told"
        );
    }

    pub(crate) fn announce(
        &mut self,
        now: Instant,
        key: InstanceKey,
        from: Option<Health>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        let (to, reason) = (instance.health, instance.reason);
        self.announce_change(now, key, from, Some(to), Some(reason), effects);
    }

    /// Something else about it changed than its health.
    pub(crate) fn announce_same(
        &mut self,
        now: Instant,
        key: InstanceKey,
        reason: HealthReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        let same = Some(instance.health);
        self.announce_change(now, key, same, same, Some(reason), effects);
    }

    /// It is forgotten, having been gone for long.
    pub(crate) fn announce_removal(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        self.announce_removal_because(now, key, instance.reason, effects);
    }

    pub(crate) fn announce_removal_because(
        &mut self,
        now: Instant,
        key: InstanceKey,
        reason: HealthReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        let from = Some(instance.health);
        self.announce_change(now, key, from, None, Some(reason), effects);
    }

    fn announce_change(
        &mut self,
        now: Instant,
        key: InstanceKey,
        from: Option<Health>,
        to: Option<Health>,
        reason: Option<HealthReason>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        let routable = to.is_some() && instance.candidate().is_routable();
        instance.told_routable = routable;
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        self.counters.health_changes += 1;
        let service = &self.registry.service(instance.service).name;
        effects.push(Effect::Announce(Box::new(HealthChange {
            service: service.clone(),
            instance: instance.id.clone(),
            incarnation: instance.incarnation,
            from,
            to,
            reason,
            silent: now.saturating_since(instance.last_heard),
            in_flight: instance.in_flight,
            routable,
        })));
    }
}
