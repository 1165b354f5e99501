//! What proves life, what proves death, and what each changes.

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, Health, HealthReason, Instant};

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
            instance.evidence.gone = Some(evidence);
            instance.flaps.went(now);
            if instance.health == Health::Unhealthy {
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
        let lease_ttl = instance.terms.lease_ttl;
        let facts = &mut instance.evidence;
        let was_gone = facts.gone.take().is_some();
        let flapping = facts.doubt == Some(HealthReason::Flapping);
        facts.doubt = None;
        if (was_gone || flapping) && !instance.flaps.came(now, lease_ttl) {
            facts.doubt = Some(HealthReason::Flapping);
        }
        let unanswered = facts.unreachable.is_some() || facts.joining.is_some();
        let asks = unanswered && (instance.is_native() || !self.config.hears_of_interest);
        if was_gone {
            self.note_return(now, key);
        }
        if asks {
            self.ask(now, key, effects);
        }
        self.reassess(now, key, evidence, effects);
        self.reconsider_preserving(now, effects);
    }

    /// A reply came: it lives. Who is taken for gone is not taken back for a reply, which may have
    /// been on its way.
    pub(crate) fn on_reply_heard(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        instance.last_heard = now;
        let silent = [HealthReason::Late, HealthReason::ProbeUnanswered].map(Some);
        if silent.contains(&instance.evidence.doubt) {
            instance.evidence.doubt = None;
            self.reassess(now, key, HealthReason::ReplyReceived, effects);
            self.reconsider_preserving(now, effects);
        }
    }

    /// All doubt is lifted and the lease runs anew.
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
        let was_gone = instance.evidence.gone.take().is_some();
        instance.evidence.unreachable = None;
        instance.evidence.doubt = None;
        instance.flaps.forgive();
        instance.last_heard = now;
        if was_gone {
            self.note_return(now, key);
        }
        self.reassess(now, key, evidence, effects);
        self.reconsider_preserving(now, effects);
    }

    /// Nothing says that a send to it would reach nobody.
    pub(crate) fn is_reached(&self, key: InstanceKey) -> bool {
        let instance = self.registry.instance(key);
        instance.is_some_and(|instance| instance.evidence.unreachable.is_none())
    }

    /// A send reached nobody: out of routing until a probe is answered. Who is joining is out of
    /// routing, and is asked again in its time.
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
        instance.last_unreachable = now;
        if let Some(joining) = &mut instance.evidence.joining {
            *joining = evidence;
            self.reassess(now, key, evidence, effects);
            return;
        }
        let first = instance.evidence.unreachable.is_none();
        instance.evidence.unreachable = Some(evidence);
        let ask = instance.is_native() && !instance.departed;
        self.reassess(now, key, evidence, effects);
        if first && ask && evidence == HealthReason::NoResponders {
            effects.push(Effect::Probe { instance: key });
        }
    }

    /// A legacy instance whose subscription is not seen is asked like a native one.
    pub(crate) fn ask_unseen(&mut self, now: Instant, key: InstanceKey, effects: &mut Vec<Effect>) {
        let instance = self.registry.instance(key);
        let is_legacy = instance.is_some_and(|it| !it.is_native() && !it.departed);
        if is_legacy && !self.config.hears_of_interest {
            self.ask(now, key, effects);
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
        if instance.evidence.gone == Some(HealthReason::ConnectionClosed) {
            instance.evidence.unreachable = None;
            self.reassess(now, key, HealthReason::ConnectionClosed, effects);
        } else if instance.welcome.is_some() {
            self.welcome(now, key, effects);
        } else {
            self.clear_doubt(now, key, HealthReason::ProbeAnswered, effects);
        }
    }

    /// A probe of its inbox reached nobody: whoever had what is in flight there listens no more, since an
    /// instance keeps its inbox for as long as it works. An attempt's own 503 says less: it may be late.
    pub(crate) fn on_probe_unheard(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        self.on_unreachable(now, key, HealthReason::NoResponders, effects);
        self.note_probe_unheard(now, key, effects);
        if !Plant::InboxLossIgnored.is_sown() {
            self.settle_attempts_on(now, key, AttemptEnd::InboxGone, effects);
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
        let facts = &instance.evidence;
        if facts.unreachable.is_none() && facts.joining.is_none() || instance.departed {
            return;
        }
        if instance.is_native() {
            self.ask(now, key, effects);
        } else {
            instance.evidence.unreachable = None;
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
        if Plant::InboxLossIgnored.is_sown() {
            return;
        }
        self.settle_attempts_on(now, key, AttemptEnd::InboxGone, effects);
    }

    /// The connection of its inbox ended: what is in flight there is settled or moved now. Its process
    /// may live on with another connection, so no more than suspect; the next heartbeat asks.
    pub(crate) fn on_disconnected(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        self.on_unreachable(now, key, HealthReason::Disconnected, effects);
        self.settle_attempts_on(now, key, AttemptEnd::ConnectionLost, effects);
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
        self.drop_calls_from(now, connection, effects);
        self.registry.buckets.remove(&connection);
        let vouched = self.registry.take_vouched(connection);
        let mut lost = Vec::new();
        for key in vouched {
            let Some(instance) = self.registry.instance_mut(key) else {
                continue;
            };
            match &mut instance.kind {
                _ if !by_peer && !Plant::OwnCutTakenForDeath.is_sown() => {}
                Kind::Native { .. } if Plant::ClosedLifelineIgnored.is_sown() => {}
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
        self.reconsider_preserving(now, effects);
        for key in lost {
            self.settle_attempts_on(now, key, AttemptEnd::ConnectionLost, effects);
            self.answer_held(now, key, effects);
        }
    }
}
