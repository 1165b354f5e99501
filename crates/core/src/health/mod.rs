//! Who is alive: evidence in, health out.
//!
//! Two facts are kept apart, because they come and go by different evidence: whether the process
//! is *gone* (peer closed its lifeline, lease ran out) and whether its inbox is *unreachable*
//! (503, no subscriber). Health is computed from both, in one place, so that there is one
//! definition of healthy.

mod evidence;
mod heartbeat;
mod lease;

pub(crate) use heartbeat::Heartbeat;

use aegis_types::{Health, HealthReason, Instant};

use crate::effect::{Effect, HealthChange};
use crate::keys::InstanceKey;
use crate::registry::Kind;
use crate::router::Router;

/// What the evidence adds up to.
///
/// A native instance without an inbox subscriber is suspect: its lifeline says that it lives. A
/// legacy one has no lifeline: the loss of its inbox is the loss of the process, as far as anyone
/// can tell.
fn assess(
    kind: Kind,
    gone: Option<HealthReason>,
    unreachable: Option<HealthReason>,
) -> (Health, Option<HealthReason>) {
    match (gone, unreachable, kind) {
        (Some(reason), _, _) => (Health::Unhealthy, Some(reason)),
        (None, Some(HealthReason::InboxGone), Kind::Legacy { .. }) => {
            (Health::Unhealthy, Some(HealthReason::InboxGone))
        }
        (None, Some(reason), _) => (Health::Suspect, Some(reason)),
        (None, None, _) => (Health::Healthy, None),
    }
}

impl Router {
    /// Brings an instance's health in line with the evidence; `why` is the reason if all is well.
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
        let (health, reason) = assess(instance.kind, instance.gone, instance.unreachable);
        let before = instance.health;
        if health != before {
            instance.health = health;
            instance.since = now;
        }
        if health != before || health != Health::Healthy {
            instance.reason = reason.unwrap_or(why);
        }
        let departed = instance.departed;
        self.arm(key);
        // Who has departed was announced as removed: that was the last word.
        if health != before && !departed {
            self.announce(key, Some(before), effects);
        }
    }

    /// Invariant 3.
    pub(crate) fn check_health(&self, key: InstanceKey) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        let (health, reason) = assess(instance.kind, instance.gone, instance.unreachable);
        assert_eq!(instance.health, health, "{key:?}: health against evidence");
        assert!(
            reason.is_none_or(|reason| reason == instance.reason),
            "{key:?}: reason"
        );
    }

    pub(crate) fn announce(
        &mut self,
        key: InstanceKey,
        from: Option<Health>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        self.counters.health_changes += 1;
        effects.push(Effect::Announce(Box::new(HealthChange {
            service: self
                .registry
                .service(instance.service)
                .name
                .as_str()
                .to_owned(),
            instance: instance.id.as_str().to_owned(),
            incarnation: instance.incarnation,
            from,
            to: Some(instance.health),
            reason: Some(instance.reason),
            in_flight: instance.in_flight,
        })));
    }

    pub(crate) fn announce_removal(&mut self, key: InstanceKey, effects: &mut Vec<Effect>) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        effects.push(Effect::Announce(Box::new(HealthChange {
            service: self
                .registry
                .service(instance.service)
                .name
                .as_str()
                .to_owned(),
            instance: instance.id.as_str().to_owned(),
            incarnation: instance.incarnation,
            from: Some(instance.health),
            to: None,
            reason: None,
            in_flight: instance.in_flight,
        })));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gone_weighs_more_than_unreachable() {
        let native = Kind::Native {
            lease_token: 1,
            lifeline: true,
        };
        let legacy = Kind::Legacy {
            heartbeats_lost: false,
        };
        let gone = Some(HealthReason::ConnectionClosed);
        let inbox = Some(HealthReason::InboxGone);
        let sent = Some(HealthReason::NoResponders);
        assert_eq!(assess(native, gone, inbox), (Health::Unhealthy, gone));
        assert_eq!(assess(native, None, inbox), (Health::Suspect, inbox));
        assert_eq!(assess(legacy, None, inbox), (Health::Unhealthy, inbox));
        assert_eq!(assess(legacy, None, sent), (Health::Suspect, sent));
        assert_eq!(assess(legacy, None, None), (Health::Healthy, None));
    }
}
