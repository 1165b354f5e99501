//! What proves life, what proves death, and what each changes.

use aegis_types::{AttemptEnd, HealthReason, Instant};

use crate::effect::Effect;
use crate::keys::{ConnectionId, InstanceKey};
use crate::registry::Kind;
use crate::router::Router;

impl Router {
    /// The process is gone, or silent for so long that it is taken for gone.
    pub(crate) fn on_gone(
        &mut self,
        now: Instant,
        key: InstanceKey,
        evidence: HealthReason,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(instance) = self.registry.instance_mut(key) {
            instance.gone = Some(evidence);
            if instance.health == aegis_types::Health::Unhealthy {
                instance.since = now;
            }
        }
        self.reassess(now, key, evidence, effects);
    }

    /// It lives. Whether its inbox can be reached is another question: a native one is asked, a
    /// legacy one must be seen to subscribe.
    pub(crate) fn on_sign_of_life(
        &mut self,
        now: Instant,
        key: InstanceKey,
        evidence: HealthReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        instance.gone = None;
        if instance.unreachable.is_some() && instance.is_native() {
            effects.push(Effect::Probe { instance: key });
        }
        self.reassess(now, key, evidence, effects);
    }

    /// Both doubts are lifted and the lease runs anew.
    pub(crate) fn clear_doubt(
        &mut self,
        now: Instant,
        key: InstanceKey,
        evidence: HealthReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        instance.gone = None;
        instance.unreachable = None;
        instance.last_heartbeat = now;
        instance.lease_until = now + instance.lease_ttl;
        self.reassess(now, key, evidence, effects);
    }

    /// A send reached nobody: out of routing until a probe is answered.
    pub(crate) fn on_unreachable(
        &mut self,
        now: Instant,
        key: InstanceKey,
        evidence: HealthReason,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        let first = instance.unreachable.is_none();
        instance.unreachable = Some(evidence);
        let ask = instance.is_native() && !instance.departed;
        self.reassess(now, key, evidence, effects);
        if first && ask && evidence == HealthReason::NoResponders {
            effects.push(Effect::Probe { instance: key });
        }
    }

    /// It answered: its inbox is reached and it lives, unless its lifeline was closed. The answer
    /// may have been on its way then, and only a new lifeline outweighs that proof.
    pub(crate) fn on_probe_answered(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        if instance.departed {
            return;
        }
        if instance.gone == Some(HealthReason::ConnectionClosed) {
            instance.unreachable = None;
            self.reassess(now, key, HealthReason::ConnectionClosed, effects);
        } else {
            self.clear_doubt(now, key, HealthReason::ProbeAnswered, effects);
        }
    }

    /// Its inbox has a subscriber. For a legacy instance that is all there is to know; a native
    /// one is asked, since anybody may subscribe.
    pub(crate) fn on_inbox_gained(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        if instance.unreachable.is_none() || instance.departed {
            return;
        }
        if instance.is_native() {
            effects.push(Effect::Probe { instance: key });
        } else {
            instance.unreachable = None;
            self.reassess(now, key, HealthReason::InboxSubscribed, effects);
        }
    }

    pub(crate) fn on_inbox_lost(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        self.on_unreachable(now, key, HealthReason::InboxGone, effects);
        self.settle_attempts_on(now, key, AttemptEnd::InboxGone, effects);
    }

    /// Its own calls are dropped first, so that nothing is sent for a caller that is gone. Then
    /// everyone it vouched for is marked before any call moves, so that no call moves to another
    /// instance of the same dead process.
    pub(crate) fn on_connection_closed(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        by_peer: bool,
        effects: &mut Vec<Effect>,
    ) {
        self.drop_calls_from(connection, effects);
        let vouched = self.registry.take_vouched(connection);
        let mut lost = Vec::new();
        for key in vouched {
            let Some(instance) = self.registry.instance_mut(key) else {
                continue;
            };
            match &mut instance.kind {
                _ if !by_peer => {}
                Kind::Native { lifeline: true, .. } => lost.push(key),
                Kind::Native {
                    lifeline: false, ..
                } => {}
                Kind::Legacy { heartbeats_lost } => {
                    *heartbeats_lost = true;
                    if instance.departed {
                        lost.push(key);
                    }
                }
            }
        }
        for key in &lost {
            self.on_gone(now, *key, HealthReason::ConnectionClosed, effects);
        }
        for key in lost {
            self.settle_attempts_on(now, key, AttemptEnd::ConnectionLost, effects);
        }
    }
}
