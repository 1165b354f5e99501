//! The operator's word: separate from health and lifecycle, and it wins.

use aegis_types::{HealthReason, InstanceId, Instant};

use crate::effect::{Effect, OperatorAnswer, RegistrationRefusal};
use crate::event::OperatorWord;
use crate::keys::InstanceKey;
use crate::registry::Why;
use crate::router::Router;

impl Router {
    pub(crate) fn on_operator(
        &mut self,
        now: Instant,
        service: &str,
        instance: &str,
        word: OperatorWord,
        effects: &mut Vec<Effect>,
    ) {
        let answer = match (self.registry.find(service, instance), word) {
            (Some(key), OperatorWord::Drain) => self.hold(now, key, true, effects),
            (Some(key), OperatorWord::Undrain) => self.hold(now, key, false, effects),
            (Some(key), OperatorWord::Evict) => self.evict(now, key, effects),
            (None, OperatorWord::Undrain) => self.lift_eviction(service, instance),
            (None, OperatorWord::Drain | OperatorWord::Evict) => OperatorAnswer::UnknownInstance,
        };
        effects.push(Effect::AnswerOperator(answer));
    }

    fn hold(
        &mut self,
        now: Instant,
        key: InstanceKey,
        held: bool,
        effects: &mut Vec<Effect>,
    ) -> OperatorAnswer {
        let Some(instance) = self.registry.instance_mut(key) else {
            return OperatorAnswer::UnknownInstance;
        };
        let before = std::mem::replace(&mut instance.held, held);
        let health = instance.health;
        if before != held {
            self.tally(key);
            let reason = match held {
                true => HealthReason::Drained,
                false => HealthReason::Undrained,
            };
            self.announce_same(now, key, reason, effects);
        }
        OperatorAnswer::Done {
            health: Some(health),
            held,
        }
    }

    /// Out of routing and out of the registry. Work in flight on it may still be answered; the same
    /// life is told `EVICTED` until its tombstone is forgotten or the operator lets it back.
    fn evict(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) -> OperatorAnswer {
        let Some(instance) = self.registry.instance(key) else {
            return OperatorAnswer::UnknownInstance;
        };
        let (service, id) = (instance.service, instance.id.clone());
        let incarnation = instance.incarnation;
        let refusal = RegistrationRefusal::Evicted;
        self.announce_removal_because(now, key, HealthReason::Evicted, effects);
        self.dismiss(now, key, Some(refusal), effects);
        self.bury(now, service, id, Why::Evicted, incarnation);
        OperatorAnswer::Done {
            health: None,
            held: false,
        }
    }

    fn lift_eviction(&mut self, service: &str, instance: &str) -> OperatorAnswer {
        let name = self
            .registry
            .service_named(service)
            .zip(InstanceId::parse(instance).ok());
        match name {
            Some((service, id)) if self.registry.tombstones.lift(service, &id) => {
                OperatorAnswer::Done {
                    health: None,
                    held: false,
                }
            }
            _ => OperatorAnswer::UnknownInstance,
        }
    }
}
