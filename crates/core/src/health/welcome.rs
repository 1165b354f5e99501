//! The welcome of a new instance: it is *joining*, and gets no call, until its inbox has answered
//! a probe. A registration proves that a process lives, not that a message reaches it: interest
//! spreads late in a cluster, and an SDK may have a bug.
//!
//! Whoever registers gets the answer only when the probe is answered, so that "registered" means
//! "calls go to it": a call made after that answer finds the instance routable. The wait is short;
//! after it the answer says that the instance is still joining.
//!
//! Legacy instances are never sent a probe: they are not joining.

use std::time::Duration;

use aegis_types::{HealthReason, Instant};

use crate::effect::{Effect, RegistrationRefusal};
use crate::keys::InstanceKey;
use crate::registry::Kind;
use crate::router::Router;

/// Longest wait of a registration for its answer; half of its lease if that is less.
const WELCOME_WITHIN: Duration = Duration::from_millis(500);

/// Pause before the second probe. Each pause is twice the one before. Besides, each heartbeat of a
/// joining instance asks again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Longest pause between two probes.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What is still to be done for an instance that is joining.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Welcome {
    /// Until when whoever registered it waits for the answer; none once it was given.
    answer_by: Option<Instant>,
    ask_again_at: Instant,
    pause: Duration,
    /// The life it replaced. Its calls may move to the new one, and so wait for it.
    replaces: Option<InstanceKey>,
}

impl Welcome {
    pub(crate) fn due(&self) -> Instant {
        self.answer_by.map_or(self.ask_again_at, |answer_by| {
            answer_by.min(self.ask_again_at)
        })
    }
}

impl Router {
    pub(crate) fn is_joining(&self, key: InstanceKey) -> bool {
        self.registry
            .instance(key)
            .is_some_and(|instance| instance.evidence.joining.is_some())
    }

    /// It registered, for the first time or again while it is joining.
    pub(crate) fn begin_welcome(
        &mut self,
        now: Instant,
        key: InstanceKey,
        replaces: Option<InstanceKey>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        let before = instance.welcome.take();
        let replaces = replaces.or(before.and_then(|welcome| welcome.replaces));
        instance.welcome = Some(Box::new(Welcome {
            answer_by: Some(now + WELCOME_WITHIN.min(instance.terms.lease_ttl / 2)),
            ask_again_at: now + FIRST_PAUSE,
            pause: FIRST_PAUSE,
            replaces,
        }));
        instance.evidence.joining = Some(HealthReason::Registered);
        self.reassess(now, key, HealthReason::Registered, effects);
        effects.push(Effect::HoldRegistration { instance: key });
        effects.push(Effect::Probe { instance: key });
    }

    /// Probes it now. A joining one is next asked a pause later.
    pub(crate) fn ask(&mut self, now: Instant, key: InstanceKey, effects: &mut Vec<Effect>) {
        let instance = self.registry.instance_mut(key);
        if let Some(welcome) = instance.and_then(|instance| instance.welcome.as_mut()) {
            welcome.ask_again_at = now + welcome.pause;
        }
        effects.push(Effect::Probe { instance: key });
    }

    /// Probes it again, if it is time to. Says whether its registration has waited long enough.
    pub(crate) fn ask_again(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let Some(instance) = self.registry.instance_mut(key) else {
            return false;
        };
        let Some(welcome) = &mut instance.welcome else {
            return false;
        };
        if welcome.ask_again_at <= now {
            welcome.pause = (welcome.pause * 2).min(LONGEST_PAUSE);
            welcome.ask_again_at = now + welcome.pause;
            effects.push(Effect::Probe { instance: key });
        }
        let waited = welcome.answer_by.is_some_and(|until| until <= now);
        let silent = instance.evidence.joining == Some(HealthReason::Registered);
        if waited && silent {
            instance.evidence.joining = Some(HealthReason::ProbeUnanswered);
            self.reassess(now, key, HealthReason::ProbeUnanswered, effects);
        }
        waited
    }

    /// Its inbox answered: calls may go to it, those of the life before it first of all.
    pub(crate) fn welcome(&mut self, now: Instant, key: InstanceKey, effects: &mut Vec<Effect>) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        instance.evidence.joining = None;
        let Some(welcome) = instance.welcome.take() else {
            return;
        };
        self.clear_doubt(now, key, HealthReason::Welcomed, effects);
        self.end_hold(now, key, *welcome, effects);
    }

    /// Whoever waits for its registration is told how it stands, if it has waited long enough or
    /// the instance is gone.
    pub(crate) fn answer_held(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        let gone = instance.evidence.gone.is_some();
        let Some(welcome) = &mut instance.welcome else {
            return;
        };
        if gone || welcome.answer_by.is_some_and(|until| until <= now) {
            let held = **welcome;
            welcome.answer_by = None;
            welcome.replaces = None;
            self.end_hold(now, key, held, effects);
        }
    }

    /// It has departed before it was welcomed.
    pub(crate) fn give_up_welcome(
        &mut self,
        now: Instant,
        key: InstanceKey,
        why: Option<RegistrationRefusal>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        let Some(welcome) = instance.welcome.take() else {
            return;
        };
        if let (Some(refusal), Some(_)) = (why, welcome.answer_by) {
            effects.push(Effect::RefuseHeldRegistration {
                instance: key,
                refusal,
            });
        }
        if let Some(old) = welcome.replaces {
            self.settle_replaced(now, old, effects);
        }
    }

    fn end_hold(
        &mut self,
        now: Instant,
        key: InstanceKey,
        held: Welcome,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        if let (Some(_), Kind::Native { lease_token, .. }) = (held.answer_by, instance.kind) {
            effects.push(Effect::AdmitRegistration {
                instance: key,
                lease_token,
                lease_ttl: instance.terms.lease_ttl,
                joining: instance.evidence.joining.is_some(),
            });
        }
        if let Some(old) = held.replaces {
            self.settle_replaced(now, old, effects);
        }
    }

    /// Invariant 11.
    pub(crate) fn check_welcome(&self, key: InstanceKey) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        let joining = instance.evidence.joining.is_some();
        assert_eq!(instance.welcome.is_some(), joining, "{key:?}: welcome");
        assert!(
            !joining || instance.is_native(),
            "{key:?}: legacy and joining"
        );
        assert!(
            !joining || instance.in_flight == 0,
            "{key:?}: joining and at work"
        );
        assert!(
            !joining || !instance.candidate().is_routable(),
            "{key:?}: joining and routable"
        );
    }
}
