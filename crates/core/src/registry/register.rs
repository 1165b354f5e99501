//! Registration and deregistration.

use std::sync::Arc;

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, Health, HealthReason, Incarnation, InstanceId, Instant, Lifecycle};

use super::admission::{Admission, admit};
use super::{Bucket, DeclaredMethod, Instance, Kind, Terms, Why};
use crate::effect::{DeregistrationRefusal, Effect, RegistrationRefusal};
use crate::event::{Credential, Registration, RegistrationKind};
use crate::health::{Beats, Evidence, Flaps, Outlier, Tallied, Vigil};
use crate::keys::{ConnectionId, InstanceKey, ServiceKey};
use crate::limit;
use crate::router::Router;

/// A registration that went through.
struct Admitted {
    instance: InstanceKey,
    lease_token: u64,
    /// The life that was there before, still to be settled.
    replaces: Option<InstanceKey>,
}

impl Router {
    pub(crate) fn on_registration(
        &mut self,
        now: Instant,
        registration: &Registration<'_>,
        effects: &mut Vec<Effect>,
    ) {
        match self.register(now, registration, effects) {
            Ok(Admitted {
                instance,
                lease_token,
                replaces,
            }) => {
                if let Some(old) = replaces {
                    self.disarm(old);
                    self.registry.depart(old);
                    self.tally(old);
                }
                if self.is_joining(instance) {
                    self.begin_welcome(now, instance, replaces, effects);
                    if let Some(old) = replaces {
                        self.remove_if_idle(old, effects);
                    }
                    return;
                }
                effects.push(Effect::AdmitRegistration {
                    instance,
                    lease_token,
                    lease_ttl: self.lease_ttl_of(instance),
                    joining: false,
                });
                // Only now: its calls may move to the new life, which must have heard first that
                // it is admitted.
                if let Some(old) = replaces {
                    self.settle_replaced(now, old, effects);
                }
            }
            Err(refusal) => {
                self.counters.registrations_refused += 1;
                effects.push(Effect::RefuseRegistration(refusal));
            }
        }
    }

    fn register(
        &mut self,
        now: Instant,
        asked: &Registration<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<Admitted, RegistrationRefusal> {
        if self.stopping {
            return Err(RegistrationRefusal::Stopping);
        }
        if !self.may_register(now, asked.connection) {
            return Err(self.shed_registration(limit::REGISTRATIONS_PER_CONNECTION));
        }
        if self.is_barred(now, asked) {
            return Err(RegistrationRefusal::Evicted);
        }
        let holder = self
            .registry
            .find(asked.service.as_str(), asked.instance.as_str());
        let admission = holder
            .and_then(|key| self.registry.instance(key))
            .map(|holder| admit(now, holder, &asked.kind, self.config.hears_of_interest));
        if let (Some(key), Some(Admission::Refuse(refusal))) = (holder, admission) {
            if !self.config.hears_of_interest {
                // Whether it is still there nobody says unasked. The asker comes again.
                self.ask(now, key, effects);
            }
            return Err(refusal);
        }
        self.check_part(&asked.part, holder)?;
        match (holder, admission) {
            (Some(key), Some(Admission::Renew)) => {
                self.renew_registration(now, key, asked, effects)
            }
            (Some(key), Some(Admission::TakeOver)) => {
                self.add_instance(now, asked, Some(key), HealthReason::Registered, effects)
            }
            _ => self.add_instance(now, asked, None, HealthReason::Registered, effects),
        }
    }

    fn may_register(&mut self, now: Instant, connection: Option<ConnectionId>) -> bool {
        let Some(connection) = connection else {
            return true;
        };
        let burst = u32::try_from(self.config.registration_burst).unwrap_or(u32::MAX);
        let every = self.config.registration_every;
        let bucket = self.registry.buckets.entry(connection);
        bucket
            .or_insert_with(|| Bucket::full(now, burst))
            .take(now, burst, every)
    }

    fn shed_registration(&mut self, limit: &'static str) -> RegistrationRefusal {
        self.count_shed(limit);
        RegistrationRefusal::Overloaded { limit }
    }

    /// An operator put this life out. A later start of it may come back; a legacy one, which does
    /// not say which life it is, may not until it is forgotten.
    fn is_barred(&self, now: Instant, asked: &Registration<'_>) -> bool {
        let stone = self
            .registry
            .service_named(asked.service.as_str())
            .and_then(|service| self.registry.tombstones.find(now, service, &asked.instance));
        stone.is_some_and(|stone| {
            stone.why == Why::Evicted
                && match &asked.kind {
                    RegistrationKind::Native { incarnation, .. } => {
                        *incarnation == stone.incarnation
                    }
                    RegistrationKind::Legacy => true,
                }
        })
    }

    /// Remembers a name that must not come back by itself, for as long as a removal takes.
    pub(crate) fn bury(
        &mut self,
        now: Instant,
        service: ServiceKey,
        id: InstanceId,
        why: Why,
        incarnation: Incarnation,
    ) {
        let span = self.config.lease_ttl * self.config.removal_ttls;
        self.registry
            .tombstones
            .lay(now, span, service, id, why, incarnation);
    }

    /// A legacy instance is taken back without having asked.
    pub(crate) fn add_adopted(
        &mut self,
        now: Instant,
        asked: &Registration<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<InstanceKey, RegistrationRefusal> {
        let admitted = self.add_instance(now, asked, None, HealthReason::Adopted, effects)?;
        Ok(admitted.instance)
    }

    /// Checks every limit before anything is changed: a refusal leaves no trace.
    fn add_instance(
        &mut self,
        now: Instant,
        asked: &Registration<'_>,
        replaces: Option<InstanceKey>,
        why: HealthReason,
        effects: &mut Vec<Effect>,
    ) -> Result<Admitted, RegistrationRefusal> {
        let known = self.registry.service_named(asked.service.as_str());
        if known.is_none() && self.registry.service_count() >= self.config.max_services {
            return Err(self.shed_registration(limit::SERVICES));
        }
        let staying = self.registry.instance_count() - usize::from(replaces.is_some());
        if staying >= self.config.max_instances {
            return Err(self.shed_registration(limit::INSTANCES));
        }
        self.check_methods(known, asked)?;
        let service = match known {
            Some(service) => service,
            None => self.registry.add_service(asked.service.clone()),
        };
        let mut instance = self.new_instance(now, service, asked);
        instance.reason = why;
        if let Some(old) = replaces.and_then(|old| self.registry.instance(old)) {
            let was_seen_to_go = old.evidence.gone.is_some();
            instance.flaps = old.flaps.of_successor(now, was_seen_to_go);
        }
        let lease_token = match instance.kind {
            Kind::Native { lease_token, .. } => lease_token,
            Kind::Legacy { .. } => 0,
        };
        if let Some(old) = replaces {
            self.announce_removal_because(now, old, HealthReason::Replaced, effects);
        }
        let key = self.registry.insert(instance);
        self.registry.roles.assign(key, &asked.part);
        self.registry.vouch(key, asked.connection);
        self.tally(key);
        self.arm(key);
        self.announce(now, key, None, effects);
        if replaces.is_some() {
            self.note_return(now, key);
        }
        Ok(Admitted {
            instance: key,
            lease_token,
            replaces,
        })
    }

    fn check_methods(
        &mut self,
        service: Option<ServiceKey>,
        asked: &Registration<'_>,
    ) -> Result<(), RegistrationRefusal> {
        let RegistrationKind::Native { methods, .. } = asked.kind else {
            return Ok(());
        };
        let service = service.map(|key| self.registry.service(key));
        let known = service.map_or(0, |service| service.method_count());
        let new = methods
            .iter()
            .filter(|method| !service.is_some_and(|service| service.knows(&method.name)))
            .count();
        if known + new > self.config.max_methods_per_service {
            return Err(self.shed_registration(limit::METHODS_PER_SERVICE));
        }
        Ok(())
    }

    fn new_instance(
        &mut self,
        now: Instant,
        service: ServiceKey,
        asked: &Registration<'_>,
    ) -> Instance {
        let (kind, incarnation) = match &asked.kind {
            RegistrationKind::Native {
                incarnation,
                lifeline,
                ..
            } => {
                let kind = Kind::Native {
                    lease_token: self.random_token(),
                    lifeline: *lifeline,
                };
                (kind, *incarnation)
            }
            RegistrationKind::Legacy => {
                self.next_legacy += 1;
                let kind = Kind::Legacy {
                    heartbeats_lost: false,
                };
                (kind, Incarnation::from_bits(self.next_legacy))
            }
        };
        // Only a native inbox answers probes.
        let native = matches!(kind, Kind::Native { .. });
        let joining = native.then_some(HealthReason::Registered);
        let health = match joining {
            Some(_) => Health::Joining,
            None => Health::Healthy,
        };
        Instance {
            service,
            id: asked.instance.clone(),
            incarnation,
            kind,
            terms: self.agree(service, asked),
            turn: 0,
            connection: None,
            vouched_at: 0,
            lifecycle: Lifecycle::Serving,
            evidence: Evidence {
                joining,
                ..Evidence::default()
            },
            health,
            reason: HealthReason::Registered,
            since: now,
            told_routable: false,
            beats: Beats::default(),
            last_heard: now,
            last_unreachable: Instant::ZERO,
            vigil: Vigil::default(),
            welcome: None,
            armed: None,
            registered_at: now,
            last_heartbeat: now,
            held: false,
            outlier: Outlier::default(),
            flaps: Flaps::default(),
            tallied: Tallied::default(),
            metrics_at: 0,
            capacity: default_capacity(self.config.max_calls_per_instance),
            lag: std::time::Duration::ZERO,
            in_flight: 0,
            departed: false,
        }
    }

    /// What it declares and is granted, shared with those who said the same.
    fn agree(&mut self, key: ServiceKey, asked: &Registration<'_>) -> Arc<Terms> {
        let name = asked.service.as_str();
        let heartbeat_interval = self.config.interval_for(name, asked.heartbeat_interval);
        let lease_ttl = self.config.lease_ttl_for(name, heartbeat_interval);
        let (methods, version) = match &asked.kind {
            RegistrationKind::Native {
                methods, version, ..
            } => (*methods, *version),
            RegistrationKind::Legacy => (&[][..], None),
        };
        let service = self.registry.service_mut(key);
        let methods = methods
            .iter()
            .map(|method| DeclaredMethod {
                method: service.intern(&method.name),
                safety: method.safety,
                attempt_timeout: method.attempt_timeout,
            })
            .collect();
        service.terms.share(Terms {
            methods,
            version: version.map(Box::from),
            heartbeat_interval,
            lease_ttl,
        })
    }

    /// The same life registers again: after a reconnect, or because it was told to.
    fn renew_registration(
        &mut self,
        now: Instant,
        key: InstanceKey,
        asked: &Registration<'_>,
        effects: &mut Vec<Effect>,
    ) -> Result<Admitted, RegistrationRefusal> {
        let Some(service) = self.registry.instance(key).map(|instance| instance.service) else {
            return Err(RegistrationRefusal::DuplicateInstance);
        };
        self.check_methods(Some(service), asked)?;
        let terms = self.agree(service, asked);
        let mut token = 0;
        if let Some(instance) = self.registry.instance_mut(key) {
            if let (
                Kind::Native {
                    lease_token,
                    lifeline,
                },
                RegistrationKind::Native {
                    lifeline: asked_lifeline,
                    ..
                },
            ) = (&mut instance.kind, &asked.kind)
            {
                token = *lease_token;
                *lifeline = *asked_lifeline;
            }
            instance.terms = terms;
        }
        self.registry.roles.assign(key, &asked.part);
        self.registry.vouch(key, asked.connection);
        self.clear_doubt(now, key, HealthReason::Registered, effects);
        Ok(Admitted {
            instance: key,
            lease_token: token,
            replaces: None,
        })
    }

    /// The old life is gone and a new one has its id.
    pub(crate) fn settle_replaced(
        &mut self,
        now: Instant,
        old: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        self.settle_attempts_on(now, old, AttemptEnd::InstanceGone, effects);
        self.remove_if_idle(old, effects);
    }

    /// Out of lookup and routing. Work in flight on it may still be answered.
    pub(crate) fn dismiss(
        &mut self,
        now: Instant,
        key: InstanceKey,
        why: Option<RegistrationRefusal>,
        effects: &mut Vec<Effect>,
    ) {
        self.disarm(key);
        self.registry.depart(key);
        self.tally(key);
        self.give_up_welcome(now, key, why, effects);
        self.remove_if_idle(key, effects);
    }

    pub(crate) fn on_deregistration(
        &mut self,
        now: Instant,
        service: &str,
        instance: &str,
        credential: Credential,
        effects: &mut Vec<Effect>,
    ) {
        let key = self.registry.find(service, instance);
        let Some((key, known)) = key.and_then(|key| Some((key, self.registry.instance(key)?)))
        else {
            effects.push(Effect::ConfirmDeregistration { known: false });
            return;
        };
        match check_credential(known, credential) {
            Ok(()) => {
                let (service, id) = (known.service, known.id.clone());
                let incarnation = known.incarnation;
                self.announce_removal_because(now, key, HealthReason::Deregistered, effects);
                self.dismiss(now, key, None, effects);
                self.bury(now, service, id, Why::Left, incarnation);
                effects.push(Effect::ConfirmDeregistration { known: true });
            }
            Err(CredentialError::Stale) => effects.push(Effect::RefuseDeregistration(
                DeregistrationRefusal::StaleIncarnation,
            )),
            Err(CredentialError::Older) => {
                effects.push(Effect::ConfirmDeregistration { known: false });
            }
            Err(CredentialError::Wrong) => {
                effects.push(Effect::RefuseDeregistration(
                    DeregistrationRefusal::WrongToken,
                ));
            }
        }
    }
}

/// What an instance may get that did not say how much it can take.
pub(crate) fn default_capacity(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// Why a credential does not open a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialError {
    /// A later life is registered.
    Stale,
    /// An earlier life is registered: the one that shows this is not known.
    Older,
    /// The token is not the one that was given.
    Wrong,
}

/// Whether a credential opens this registration.
pub(crate) fn check_credential(
    instance: &Instance,
    credential: Credential,
) -> Result<(), CredentialError> {
    match (instance.kind, credential) {
        (Kind::Legacy { .. }, Credential::Legacy) => Ok(()),
        (Kind::Native { lease_token, .. }, Credential::LeaseToken { token, incarnation }) => {
            match incarnation.cmp(&instance.incarnation) {
                std::cmp::Ordering::Less if Plant::StaleIncarnationRenews.is_sown() => Ok(()),
                std::cmp::Ordering::Less => Err(CredentialError::Stale),
                std::cmp::Ordering::Greater => Err(CredentialError::Older),
                std::cmp::Ordering::Equal if token == lease_token => Ok(()),
                std::cmp::Ordering::Equal => Err(CredentialError::Wrong),
            }
        }
        (Kind::Legacy { .. }, Credential::LeaseToken { .. }) => Err(CredentialError::Older),
        (Kind::Native { .. }, Credential::Legacy) => Err(CredentialError::Wrong),
    }
}
