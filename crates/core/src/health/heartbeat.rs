//! Heartbeats: the hot path of the registry.

use aegis_types::{HealthReason, Instant, Lifecycle};

use crate::effect::{Effect, HeartbeatRefusal};
use crate::event::Credential;
use crate::keys::{ConnectionId, InstanceKey};
use crate::registry::{CredentialError, Kind, check_credential};
use crate::router::Router;

/// One heartbeat, as received.
pub(crate) struct Heartbeat<'a> {
    pub(crate) service: &'a str,
    pub(crate) instance: &'a str,
    pub(crate) credential: Credential,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) connection: Option<ConnectionId>,
}

impl Router {
    /// Renewing writes `lease_until` and nothing else: the ordered deadline is looked at when it
    /// comes up. Only an instance in doubt takes the longer way.
    pub(crate) fn on_heartbeat(
        &mut self,
        now: Instant,
        heartbeat: &Heartbeat<'_>,
        effects: &mut Vec<Effect>,
    ) {
        self.counters.heartbeats += 1;
        let key = match self.heartbeat_key(heartbeat) {
            Ok(key) => key,
            Err(refusal) => {
                self.counters.heartbeats_refused += 1;
                effects.push(Effect::RefuseHeartbeat(refusal));
                return;
            }
        };
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        instance.last_heartbeat = now;
        instance.lease_until = now + instance.lease_ttl;
        instance.lifecycle = heartbeat.lifecycle;
        if let Kind::Legacy { heartbeats_lost } = &mut instance.kind {
            *heartbeats_lost = false;
        }
        let in_doubt = instance.gone.is_some() || instance.unreachable.is_some();
        let (lease_ttl, next_interval) = (instance.lease_ttl, instance.heartbeat_interval);
        // A native instance moves to another connection by registering on it. A heartbeat read late
        // from the old one must not make that one's end a proof again.
        let vouched_anew = !instance.is_native() || instance.connection.is_none();
        if vouched_anew && instance.connection != heartbeat.connection {
            self.registry.vouch(key, heartbeat.connection);
        }
        if in_doubt {
            self.on_sign_of_life(now, key, HealthReason::HeartbeatResumed, effects);
        }
        effects.push(Effect::ConfirmHeartbeat {
            lease_ttl,
            next_interval,
        });
    }

    fn heartbeat_key(&self, heartbeat: &Heartbeat<'_>) -> Result<InstanceKey, HeartbeatRefusal> {
        let unknown = HeartbeatRefusal::UnknownInstance;
        let key = self
            .registry
            .find(heartbeat.service, heartbeat.instance)
            .ok_or(unknown)?;
        let instance = self.registry.instance(key).ok_or(unknown)?;
        match check_credential(instance, heartbeat.credential) {
            Ok(()) => Ok(key),
            Err(CredentialError::Stale) => Err(HeartbeatRefusal::StaleIncarnation),
            Err(CredentialError::Older) => Err(unknown),
            Err(CredentialError::Wrong) => Err(HeartbeatRefusal::WrongToken),
        }
    }
}
