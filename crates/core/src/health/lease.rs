//! Leases: how long silence is trusted, and when the silent are forgotten.

use std::time::Duration;

use aegis_types::{HealthReason, Instant};

use crate::effect::Effect;
use crate::keys::InstanceKey;
use crate::registry::Instance;
use crate::router::Router;

impl Router {
    pub(crate) fn lease_ttl_of(&self, key: InstanceKey) -> Duration {
        self.registry
            .instance(key)
            .map_or(self.config.lease_ttl, |instance| instance.lease_ttl)
    }

    /// The instant at which an instance must be looked at next.
    pub(crate) fn due_at(&self, instance: &Instance) -> Instant {
        if instance.gone.is_some() {
            instance.since + instance.lease_ttl * self.config.removal_ttls
        } else {
            instance.lease_until
        }
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
        if let Some(armed) = armed {
            self.deadlines.instances.remove(&(armed, key));
        }
        self.deadlines.instances.insert((due, key));
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
            self.deadlines.instances.remove(&(armed, key));
        }
    }

    /// An instance's entry came up: its lease is over, it was renewed meanwhile, or it has been
    /// gone long enough. Says whether its lease is over; then its calls are still to be moved.
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
        let Some(instance) = self.registry.instance(key) else {
            return false;
        };
        if self.due_at(instance) > now {
            self.arm(key);
        } else if instance.gone.is_some() {
            self.announce_removal(key, effects);
            self.registry.depart(key);
            self.remove_if_idle(key, effects);
        } else {
            self.on_gone(now, key, HealthReason::LeaseExpired, effects);
            return true;
        }
        false
    }
}
