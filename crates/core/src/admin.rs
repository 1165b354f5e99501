//! Read-only views for listings, and the lookups the driver needs to carry effects out.

use std::time::Duration;

use aegis_types::{
    Health, HealthReason, Incarnation, InstanceId, Instant, Lifecycle, MethodName, Safety,
    SelfReport, ServiceName,
};

use crate::config::Config;
use crate::delivery::RetryBudget;
use crate::event::Part;
use crate::keys::InstanceKey;
use crate::registry::{Instance, Service};
use crate::router::Router;
use crate::routing::Policy;

/// A service, as listed.
#[derive(Clone, Debug)]
pub struct ServiceView<'a> {
    /// Its name.
    pub name: &'a ServiceName,
    /// Registered instances.
    pub instances: u32,
    /// Of these, joining.
    pub joining: u32,
    /// Of these, healthy.
    pub healthy: u32,
    /// Of these, suspect.
    pub suspect: u32,
    /// Of these, unhealthy.
    pub unhealthy: u32,
    /// Of its instances: those that calls may go to.
    pub routable: u32,
    /// Methods that at least one registered instance declares, by name.
    pub methods: Vec<MethodView<'a>>,
    /// Calls in flight.
    pub in_flight: u32,
    /// Calls taken since start.
    pub calls: u64,
    /// Calls that ended without a result or a handler's answer.
    pub failed: u64,
    /// Attempts beyond the first of a call.
    pub rerouted: u64,
    /// How an instance is chosen.
    pub policy: Policy,
    budget: RetryBudget,
    /// Less than half of it is healthy: suspects are used like the others.
    pub panic: bool,
}

impl ServiceView<'_> {
    /// Retries that may still be made now.
    pub fn retries_left(&self, now: Instant) -> u64 {
        self.budget.left(now)
    }
}

/// A method that at least one registered instance declares.
#[derive(Clone, Copy, Debug)]
pub struct MethodView<'a> {
    /// Its name.
    pub name: &'a MethodName,
    /// If instances differ about it, the stricter word.
    pub safety: Safety,
    /// Longest span of one attempt; the longest that any of them declares.
    pub attempt_timeout: Option<Duration>,
}

/// An instance, as listed.
#[derive(Clone, Debug)]
pub struct InstanceView<'a> {
    /// The service it offers.
    pub service: &'a ServiceName,
    /// Its id.
    pub id: &'a InstanceId,
    /// Its life.
    pub incarnation: Incarnation,
    /// Registered by our SDK.
    pub native: bool,
    /// Can it be trusted?
    pub health: Health,
    /// Why.
    pub reason: HealthReason,
    /// Since when.
    pub since: Instant,
    /// Does it want work?
    pub lifecycle: Lifecycle,
    /// May it get work?
    pub routable: bool,
    /// Attempts in flight on it.
    pub in_flight: u32,
    /// When it registered.
    pub registered_at: Instant,
    /// When it was last heard of.
    pub last_heartbeat: Instant,
    /// How long it stays registered without a heartbeat.
    pub lease_ttl: Duration,
    /// How often it says that it lives.
    pub heartbeat_interval: Duration,
    /// The version of the service it runs.
    pub version: Option<&'a str>,
    /// When anything was last heard of it.
    pub last_heard: Instant,
    /// An operator keeps it from new work.
    pub held: bool,
    /// Kept out until then, since its calls go badly.
    pub ejected_until: Option<Instant>,
    /// Calls it takes, handled and waiting together.
    pub capacity: u32,
    /// How late its handlers' runtime runs.
    pub lag: Duration,
    /// Its own word about its health.
    pub report: SelfReport,
}

impl Router {
    /// The settings it runs with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// All services, in the order in which they were first seen.
    pub fn services(&self) -> impl Iterator<Item = ServiceView<'_>> {
        self.registry
            .services()
            .map(|service| self.view_service(service))
    }

    /// The present instances of a service, in the order of their turns. None for an unknown
    /// service.
    pub fn instances_of(&self, service: &str) -> Option<impl Iterator<Item = InstanceView<'_>>> {
        let service = self.registry.service(self.registry.service_named(service)?);
        Some(self.views_of(service))
    }

    /// The present instances of all services.
    pub fn instances(&self) -> impl Iterator<Item = InstanceView<'_>> {
        self.registry
            .services()
            .flat_map(|service| self.views_of(service))
    }

    /// One instance: also one that has departed and still works on calls.
    pub fn instance(&self, key: InstanceKey) -> Option<InstanceView<'_>> {
        self.registry
            .instance(key)
            .map(|instance| self.view_instance(instance))
    }

    /// The present life of an instance, by name.
    pub fn find_instance(&self, service: &str, instance: &str) -> Option<InstanceKey> {
        self.registry.find(service, instance)
    }

    /// The part of a present instance, if it named one. Not in its view: that is made for each send.
    pub fn part_of(&self, key: InstanceKey) -> Option<&Part> {
        self.registry.roles.part_of(key)
    }

    /// Every record of one life of an instance, by name: the present one, and those that departed
    /// with work in flight.
    pub fn records_of(
        &self,
        service: &str,
        instance: &str,
        incarnation: Incarnation,
    ) -> impl Iterator<Item = InstanceKey> {
        self.registry.records_of(service, instance, incarnation)
    }

    fn views_of<'a>(&'a self, service: &'a Service) -> impl Iterator<Item = InstanceView<'a>> {
        service.ring.values().filter_map(|key| self.instance(*key))
    }

    fn view_instance<'a>(&'a self, instance: &'a Instance) -> InstanceView<'a> {
        InstanceView {
            service: &self.registry.service(instance.service).name,
            id: &instance.id,
            incarnation: instance.incarnation,
            native: instance.is_native(),
            health: instance.health,
            reason: instance.reason,
            since: instance.since,
            lifecycle: instance.lifecycle,
            routable: !instance.departed && instance.candidate().is_routable(),
            in_flight: instance.in_flight,
            registered_at: instance.registered_at,
            last_heartbeat: instance.last_heartbeat,
            lease_ttl: instance.terms.lease_ttl,
            heartbeat_interval: instance.terms.heartbeat_interval,
            version: instance.terms.version.as_deref(),
            last_heard: instance.last_heard,
            held: instance.held,
            ejected_until: instance.outlier.due(),
            capacity: instance.capacity,
            lag: instance.lag,
            report: instance.evidence.report,
        }
    }

    fn view_service<'a>(&'a self, service: &'a Service) -> ServiceView<'a> {
        let mut view = ServiceView {
            name: &service.name,
            instances: 0,
            joining: 0,
            healthy: 0,
            suspect: 0,
            unhealthy: 0,
            routable: u32::try_from(service.tally.routable).unwrap_or(u32::MAX),
            methods: Vec::new(),
            in_flight: service.in_flight,
            calls: service.calls,
            failed: service.failed,
            rerouted: service.rerouted,
            policy: self.config.policy_of(service.name.as_str()),
            budget: service.budget,
            panic: service.tally.is_panic(),
        };
        let mut declared = vec![None; service.method_count()];
        for key in service.ring.values() {
            let Some(instance) = self.registry.instance(*key) else {
                continue;
            };
            view.instances += 1;
            match instance.health {
                Health::Joining => view.joining += 1,
                Health::Healthy => view.healthy += 1,
                Health::Suspect => view.suspect += 1,
                Health::Unhealthy => view.unhealthy += 1,
            }
            for method in &instance.terms.methods {
                if let Some(slot) = declared.get_mut(usize::from(method.method.0)) {
                    let (safety, longest) = slot.unwrap_or((method.safety, None));
                    *slot = Some((
                        stricter(safety, method.safety),
                        longest.max(method.attempt_timeout),
                    ));
                }
            }
        }
        view.methods = service
            .method_names()
            .filter_map(|(name, key)| {
                let (safety, attempt_timeout) = (*declared.get(usize::from(key.0))?)?;
                Some(MethodView {
                    name,
                    safety,
                    attempt_timeout,
                })
            })
            .collect();
        view.methods.sort_unstable_by_key(|method| method.name);
        view
    }
}

fn stricter(known: Safety, declared: Safety) -> Safety {
    match known {
        Safety::AtMostOnce => known,
        Safety::Idempotent => declared,
    }
}
