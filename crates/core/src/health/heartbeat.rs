//! Heartbeats: the hot path of the registry.

use aegis_plants::Plant;
use aegis_types::limits::MAX_LAG;
use aegis_types::{HealthReason, InstanceId, Instant, Lifecycle, ServiceName};

use super::Beats;
use crate::effect::{Effect, HeartbeatRefusal};
use crate::event::{Credential, Part, Registration, RegistrationKind, Vitals};
use crate::keys::{ConnectionId, InstanceKey};
use crate::registry::{
    CredentialError, Instance, Kind, Tombstone, Why, check_credential, default_capacity,
};
use crate::router::Router;

/// One heartbeat, as received.
pub(crate) struct Heartbeat<'a> {
    pub(crate) service: &'a str,
    pub(crate) instance: &'a str,
    pub(crate) credential: Credential,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) vitals: Vitals,
    pub(crate) adopt: Option<bool>,
    pub(crate) connection: Option<ConnectionId>,
}

impl Router {
    /// Renewing writes `last_heard` and nothing else: the ordered deadline is looked at when it
    /// comes up. Only an instance in doubt takes the longer way.
    pub(crate) fn on_heartbeat(
        &mut self,
        now: Instant,
        heartbeat: &Heartbeat<'_>,
        effects: &mut Vec<Effect>,
    ) {
        self.counters.heartbeats += 1;
        let key = match self.heartbeat_key(now, heartbeat) {
            Ok(key) => key,
            Err(HeartbeatRefusal::UnknownInstance) if heartbeat.adopt.is_some() => {
                if self.adopt(now, heartbeat, effects).is_none() {
                    self.refuse_heartbeat(HeartbeatRefusal::UnknownInstance, effects);
                }
                return;
            }
            Err(refusal) => return self.refuse_heartbeat(refusal, effects),
        };
        let unsaid = default_capacity(self.config.max_calls_per_instance);
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        let gap = now.saturating_since(instance.last_heartbeat);
        let (service, place) = (instance.service, instance.metrics_at);
        instance.last_heartbeat = now;
        instance.last_heard = now;
        if Plant::WallClockInLease.is_sown() {
            instance.last_heard =
                Instant::from_origin(aegis_plants::wall_clock(now.since_origin()));
        }
        let before = instance.lifecycle;
        if !Plant::DrainingIgnored.is_sown() {
            instance.lifecycle = heartbeat.lifecycle;
        }
        let lifecycle = instance.lifecycle;
        let was_silent = instance.beats != Beats::Arriving;
        if let Kind::Legacy { heartbeats_lost } = &mut instance.kind {
            *heartbeats_lost = false;
        }
        let in_doubt = instance.evidence.is_in_doubt();
        let said_otherwise = note_vitals(instance, heartbeat.vitals, unsaid);
        let (lease_ttl, next_interval) =
            (instance.terms.lease_ttl, instance.terms.heartbeat_interval);
        // A native instance moves to another connection by registering on it. A heartbeat read late
        // from the old one must not make that one's end a proof again.
        let vouched_anew = !instance.is_native() || instance.connection.is_none();
        if vouched_anew && instance.connection != heartbeat.connection {
            self.registry.vouch(key, heartbeat.connection);
        }
        self.note_heartbeat(service, place, heartbeat.vitals.report, gap, next_interval);
        if before != lifecycle {
            self.tally(key);
            self.announce_same(now, key, reason_of(lifecycle), effects);
        }
        if in_doubt {
            self.on_sign_of_life(now, key, HealthReason::HeartbeatResumed, effects);
        } else if said_otherwise {
            self.reassess(now, key, HealthReason::SelfHealthy, effects);
        }
        if was_silent {
            self.note_beats(key, Beats::Arriving, gap, effects);
        }
        effects.push(Effect::ConfirmHeartbeat {
            lease_ttl,
            next_interval,
        });
    }

    fn refuse_heartbeat(&mut self, refusal: HeartbeatRefusal, effects: &mut Vec<Effect>) {
        self.counters.heartbeats_refused += 1;
        effects.push(Effect::RefuseHeartbeat(refusal));
    }

    fn is_evicted(&self, now: Instant, heartbeat: &Heartbeat<'_>) -> bool {
        let stone = self.stone_of(now, heartbeat.service, heartbeat.instance);
        stone.is_some_and(|stone| {
            stone.why == Why::Evicted
                && match heartbeat.credential {
                    Credential::LeaseToken { incarnation, .. } => incarnation == stone.incarnation,
                    Credential::Legacy => true,
                }
        })
    }

    /// A legacy instance that this router does not know: it was here before a restart. It stands
    /// by, out of routing until its inbox is seen to have a subscriber. Nobody is taken back who
    /// said goodbye or was put out.
    fn adopt(
        &mut self,
        now: Instant,
        heartbeat: &Heartbeat<'_>,
        effects: &mut Vec<Effect>,
    ) -> Option<InstanceKey> {
        let service = ServiceName::parse(heartbeat.service).ok()?;
        let instance = InstanceId::parse(heartbeat.instance).ok()?;
        let stone = self.stone_of(now, heartbeat.service, heartbeat.instance);
        if stone.is_some() || self.stopping {
            return None;
        }
        let registration = Registration {
            service,
            instance,
            kind: RegistrationKind::Legacy,
            part: Part::default(),
            heartbeat_interval: None,
            connection: heartbeat.connection,
        };
        let key = self.add_adopted(now, &registration, effects).ok()?;
        self.note_first_heartbeat(key, heartbeat.vitals.report);
        if heartbeat.adopt == Some(false) {
            let (told, asked) = (HealthReason::InboxGone, HealthReason::NoResponders);
            let hears = self.config.hears_of_interest;
            let evidence = if hears { told } else { asked };
            self.on_unreachable(now, key, evidence, effects);
        }
        effects.push(Effect::Adopt { instance: key });
        if !self.config.hears_of_interest {
            self.ask(now, key, effects);
        }
        Some(key)
    }

    fn stone_of(&self, now: Instant, service: &str, instance: &str) -> Option<Tombstone> {
        let service = self.registry.service_named(service)?;
        let id = InstanceId::parse(instance).ok()?;
        self.registry.tombstones.find(now, service, &id)
    }

    fn heartbeat_key(
        &self,
        now: Instant,
        heartbeat: &Heartbeat<'_>,
    ) -> Result<InstanceKey, HeartbeatRefusal> {
        let unknown = HeartbeatRefusal::UnknownInstance;
        let Some(key) = self.registry.find(heartbeat.service, heartbeat.instance) else {
            let evicted = self.is_evicted(now, heartbeat);
            return Err(if evicted {
                HeartbeatRefusal::Evicted
            } else {
                unknown
            });
        };
        let instance = self.registry.instance(key).ok_or(unknown)?;
        match check_credential(instance, heartbeat.credential) {
            Ok(()) => Ok(key),
            Err(CredentialError::Stale) => Err(HeartbeatRefusal::StaleIncarnation),
            Err(CredentialError::Older) => Err(unknown),
            Err(CredentialError::Wrong) => Err(HeartbeatRefusal::WrongToken),
        }
    }
}

/// Why calls go to it, or not, from now on.
fn reason_of(lifecycle: Lifecycle) -> HealthReason {
    match lifecycle {
        Lifecycle::Serving => HealthReason::Serving,
        Lifecycle::Draining => HealthReason::Draining,
    }
}

/// Takes down what it says of itself. Says whether its health may be another than before.
fn note_vitals(instance: &mut Instance, vitals: Vitals, unsaid: u32) -> bool {
    instance.capacity = vitals.capacity.unwrap_or(unsaid);
    instance.lag = vitals.lag;
    let before = instance.evidence;
    instance.evidence.report = vitals.report;
    instance.evidence.lagging = vitals.lag > MAX_LAG;
    before != instance.evidence
}
