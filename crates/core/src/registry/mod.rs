//! Who is registered: services, their instances, and which connection vouches for whom.

mod admission;
mod bucket;
mod hashing;
mod instance;
mod register;
mod roles;
mod service;
mod terms;
mod tombstones;

use rustc_hash::FxHashMap;
use slotmap::{DefaultKey, SlotMap};
use smallvec::SmallVec;

use aegis_types::{Incarnation, ServiceName};

use crate::keys::{ConnectionId, InstanceKey, ServiceKey};
use crate::metrics::{InstanceTable, ServiceMetrics, ServiceTable};

pub(crate) use bucket::Bucket;
pub(crate) use hashing::{Hashing, NameMap, hashing};
pub(crate) use instance::{Instance, Kind};
pub(crate) use register::{CredentialError, check_credential, default_capacity};
pub(crate) use roles::Roles;
pub(crate) use service::Service;
pub(crate) use terms::{DeclaredMethod, RecentTerms, Terms};
pub(crate) use tombstones::{Tombstone, Tombstones, Why};

/// The instances that one connection vouches for; each knows its place. Nearly always one.
pub(crate) type Vouched = SmallVec<[InstanceKey; 1]>;

/// All registrations.
///
/// Maps keyed by names from outside use a keyed hash ([`NameMap`]); maps keyed by our own numbers use
/// a fast one.
#[derive(Debug)]
pub(crate) struct Registry {
    services: Vec<Service>,
    by_name: NameMap<ServiceName, ServiceKey>,
    instances: SlotMap<DefaultKey, Instance>,
    pub(crate) vouched: FxHashMap<ConnectionId, Vouched>,
    /// Those kept only for the attempts in flight on them. Few, and not for long.
    pub(crate) departed: Vec<InstanceKey>,
    pub(crate) tombstones: Tombstones,
    pub(crate) roles: Roles,
    /// Registrations that connections may still make; those that made none have no entry.
    pub(crate) buckets: FxHashMap<ConnectionId, Bucket>,
    pub(crate) service_metrics: ServiceTable,
    pub(crate) instance_metrics: InstanceTable,
}

impl Registry {
    /// An empty one. The seed keeps strangers from choosing names that collide.
    pub(crate) fn new(seed: &[u8; 32]) -> Registry {
        Registry {
            services: Vec::new(),
            by_name: NameMap::with_hasher(hashing(seed)),
            instances: SlotMap::new(),
            vouched: FxHashMap::default(),
            departed: Vec::new(),
            tombstones: Tombstones::default(),
            roles: Roles::new(hashing(seed)),
            buckets: FxHashMap::default(),
            service_metrics: ServiceTable::default(),
            instance_metrics: InstanceTable::default(),
        }
    }

    pub(crate) fn service_named(&self, name: &str) -> Option<ServiceKey> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn service(&self, key: ServiceKey) -> &Service {
        &self.services[key.0 as usize]
    }

    pub(crate) fn service_mut(&mut self, key: ServiceKey) -> &mut Service {
        &mut self.services[key.0 as usize]
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.iter()
    }

    /// The place of a service in the table of metrics; 0 is shared, also by those that nobody registered.
    pub(crate) fn slot_of(&self, service: Option<ServiceKey>) -> u16 {
        service.map_or(0, |service| self.service(service).slot)
    }

    /// The numbers of a service.
    pub(crate) fn metrics_of(&mut self, service: Option<ServiceKey>) -> &mut ServiceMetrics {
        self.service_metrics.at(self.slot_of(service))
    }

    pub(crate) fn service_count(&self) -> usize {
        self.services.len()
    }

    fn add_service(&mut self, name: ServiceName) -> ServiceKey {
        let key = ServiceKey(self.services.len() as u32);
        self.by_name.insert(name.clone(), key);
        let hashing = self.by_name.hasher().clone();
        let slot = self.service_metrics.place(name.as_str());
        self.services.push(Service::new(name, slot, hashing));
        key
    }

    pub(crate) fn instance(&self, key: InstanceKey) -> Option<&Instance> {
        self.instances.get(key.0)
    }

    pub(crate) fn instance_mut(&mut self, key: InstanceKey) -> Option<&mut Instance> {
        self.instances.get_mut(key.0)
    }

    pub(crate) fn instances(&self) -> impl Iterator<Item = (InstanceKey, &Instance)> {
        self.instances
            .iter()
            .map(|(key, instance)| (InstanceKey(key), instance))
    }

    pub(crate) fn instance_count(&self) -> usize {
        self.instances.len()
    }

    /// The present life of an instance, by name.
    pub(crate) fn find(&self, service: &str, instance: &str) -> Option<InstanceKey> {
        let service = self.service_named(service)?;
        self.service(service).by_id.get(instance).copied()
    }

    /// Every record of one life of an instance: one that left and came again has the present one
    /// and those departed with work in flight.
    pub(crate) fn records_of(
        &self,
        service: &str,
        instance: &str,
        incarnation: Incarnation,
    ) -> impl Iterator<Item = InstanceKey> {
        let present = self.find(service, instance);
        let service = self.service_named(service);
        let departed = self.departed.iter().copied();
        present.into_iter().chain(departed).filter(move |key| {
            self.instance(*key).is_some_and(|found| {
                Some(found.service) == service
                    && found.id.as_str() == instance
                    && found.incarnation == incarnation
            })
        })
    }

    fn insert(&mut self, instance: Instance) -> InstanceKey {
        let service = instance.service;
        let id = instance.id.clone();
        let key = InstanceKey(self.instances.insert(instance));
        let turn = self.service_mut(service).join(id, key);
        let slot = self.service(service).slot;
        if let Some(instance) = self.instances.get_mut(key.0) {
            instance.turn = turn;
            let place = self.instance_metrics.take(key, slot, instance.id.as_str());
            instance.metrics_at = place;
        }
        key
    }

    /// Takes an instance out of lookup and routing; its record stays until it is removed.
    pub(crate) fn depart(&mut self, key: InstanceKey) {
        if let Some(instance) = self.instances.get_mut(key.0) {
            instance.departed = true;
            let place = std::mem::take(&mut instance.metrics_at);
            self.instance_metrics.give_back(place);
            self.departed.push(key);
            let (service, id, turn) = (instance.service, instance.id.clone(), instance.turn);
            let was_ejected = std::mem::take(&mut instance.outlier).is_ejected();
            let service = self.service_mut(service);
            service.leave(&id, key, turn);
            service.ejected -= usize::from(was_ejected);
        }
        self.roles.forget(key);
    }

    pub(crate) fn remove(&mut self, key: InstanceKey) -> Option<Instance> {
        let instance = self.instances.remove(key.0)?;
        self.instance_metrics.give_back(instance.metrics_at);
        if instance.departed {
            self.departed.retain(|other| *other != key);
        } else {
            self.service_mut(instance.service)
                .leave(&instance.id, key, instance.turn);
            self.roles.forget(key);
        }
        if let Some(connection) = instance.connection {
            self.unvouch(connection, instance.vouched_at);
        }
        Some(instance)
    }

    /// From now on this connection vouches for this instance, and no other does.
    pub(crate) fn vouch(&mut self, key: InstanceKey, connection: Option<ConnectionId>) {
        let Some(instance) = self.instances.get_mut(key.0) else {
            return;
        };
        if instance.connection == connection {
            return;
        }
        let before = std::mem::replace(&mut instance.connection, connection);
        let place_before = instance.vouched_at;
        if let Some(connection) = connection {
            let keys = self.vouched.entry(connection).or_default();
            instance.vouched_at = keys.len() as u32;
            keys.push(key);
        }
        if let Some(before) = before {
            self.unvouch(before, place_before);
        }
    }

    /// Takes one out of the list of a connection; the last moves into its place. No search: one
    /// connection may vouch for very many.
    fn unvouch(&mut self, connection: ConnectionId, place: u32) {
        let Some(keys) = self.vouched.get_mut(&connection) else {
            return;
        };
        let place = place as usize;
        if place < keys.len() {
            keys.swap_remove(place);
        }
        let moved = keys.get(place).copied();
        if keys.is_empty() {
            self.vouched.remove(&connection);
        }
        if let Some(moved) = moved.and_then(|moved| self.instances.get_mut(moved.0)) {
            moved.vouched_at = place as u32;
        }
    }

    /// The instances a connection vouched for; it is gone.
    pub(crate) fn take_vouched(&mut self, connection: ConnectionId) -> Vouched {
        let keys = self.vouched.remove(&connection).unwrap_or_default();
        for key in &keys {
            if let Some(instance) = self.instances.get_mut(key.0) {
                instance.connection = None;
            }
        }
        keys
    }
}
