//! Leases: how long silence is trusted, and when the silent are forgotten.
//!
//! Silent for 0.6 of its lease, an instance is late: suspect, and used last. Silent for the whole
//! of it, it is taken for gone, at that instant; ten leases later it is removed.

use std::time::Duration;

use aegis_types::{HealthReason, Instant};

use super::{Beats, TrustState};
use crate::effect::Effect;
use crate::keys::InstanceKey;
use crate::registry::Instance;
use crate::router::Router;

/// The part of its lease after which a silent instance is late, in tenths.
const LATE_TENTHS: u32 = 6;

impl Router {
    pub(crate) fn lease_ttl_of(&self, key: InstanceKey) -> Duration {
        self.registry
            .instance(key)
            .map_or(self.config.lease_ttl, |instance| instance.terms.lease_ttl)
    }

    /// From when its silence counts: the last frame, or when the router began to watch.
    fn silent_since(&self, instance: &Instance) -> Instant {
        instance
            .last_heard
            .max(self.trust.watched_since.unwrap_or_default())
    }

    /// The instant at which an instance must be looked at next.
    pub(crate) fn due_at(&self, instance: &Instance) -> Instant {
        if instance.evidence.gone.is_some() {
            return instance.since + instance.terms.lease_ttl * self.config.removal_ttls;
        }
        let silent_since = self.silent_since(instance);
        let lease_end = silent_since + instance.terms.lease_ttl;
        let by_silence = match self.trust.state {
            _ if instance.evidence.doubt != Some(HealthReason::Late) => {
                silent_since + instance.terms.lease_ttl * LATE_TENTHS / 10
            }
            TrustState::Preserving => lease_end.max(self.trust_deadline().unwrap_or(lease_end)),
            TrustState::Normal | TrustState::Warming => lease_end,
        };
        let welcome = instance.welcome.as_ref().map(|welcome| welcome.due());
        let others = [instance.vigil.due(), instance.outlier.due(), welcome];
        others.into_iter().flatten().fold(by_silence, Instant::min)
    }

    /// Sets the entry of an instance in the deadlines, unless it comes up early enough as it is.
    pub(crate) fn arm(&mut self, key: InstanceKey) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        if instance.departed {
            return;
        }
        let due = self.due_at(instance);
        let armed = instance.armed;
        if armed.is_some_and(|armed| armed <= due) {
            return;
        }
        let is_postponed = self.trust.state == TrustState::Preserving
            && instance.evidence.doubt == Some(HealthReason::Late)
            && self.silent_since(instance) + instance.terms.lease_ttl < due;
        if let Some(armed) = armed {
            self.deadlines.remove_instance(armed, key);
        }
        if is_postponed {
            self.deadlines.preserved.insert((due, key));
        } else {
            self.deadlines.instances.insert((due, key));
        }
        if let Some(instance) = self.registry.instance_mut(key) {
            instance.armed = Some(due);
        }
    }

    pub(crate) fn disarm(&mut self, key: InstanceKey) {
        let armed = self
            .registry
            .instance_mut(key)
            .and_then(|instance| instance.armed.take());
        if let Some(armed) = armed {
            self.deadlines.remove_instance(armed, key);
        }
    }

    /// An instance's entry came up. Says whether its lease is over, or its wait for the welcome: then
    /// calls are still to be moved.
    pub(crate) fn on_instance_due(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(instance) = self.registry.instance_mut(key) else {
            return false;
        };
        instance.armed = None;
        if instance.evidence.gone.is_some() {
            self.remove_if_long_gone(now, key, effects);
            return false;
        }
        self.keep_vigil(now, key, effects);
        self.readmit_if_due(now, key, effects);
        let waited = self.ask_again(now, key, effects);
        let expired = self.judge_silence(now, key, effects);
        self.arm(key);
        expired || waited
    }

    fn remove_if_long_gone(&mut self, now: Instant, key: InstanceKey, effects: &mut Vec<Effect>) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        if self.due_at(instance) > now {
            self.arm(key);
            return;
        }
        self.announce_removal(now, key, effects);
        self.registry.depart(key);
        self.tally(key);
        self.remove_if_idle(key, effects);
    }

    /// Late, or expired? Says whether its lease is over.
    fn judge_silence(&mut self, now: Instant, key: InstanceKey, effects: &mut Vec<Effect>) -> bool {
        let Some(instance) = self.registry.instance(key) else {
            return false;
        };
        let silent_since = self.silent_since(instance);
        let lease_ttl = instance.terms.lease_ttl;
        let silent = now.saturating_since(instance.last_heard);
        let is_late = instance.evidence.doubt == Some(HealthReason::Late);
        if !is_late && silent_since + lease_ttl * LATE_TENTHS / 10 <= now {
            if let Some(instance) = self.registry.instance_mut(key) {
                instance.evidence.doubt = Some(HealthReason::Late);
            }
            self.note_missed(key);
            self.reassess(now, key, HealthReason::Late, effects);
            self.note_beats(key, Beats::Late, silent, effects);
        }
        let ended = silent_since + lease_ttl;
        if ended > now || self.preserves(now, key, ended, effects) {
            return false;
        }
        self.on_gone(now, key, HealthReason::LeaseExpired, effects);
        self.note_beats(key, Beats::Missed, silent, effects);
        true
    }
}
