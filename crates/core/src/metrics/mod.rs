//! What happened, in plain numbers by service and by instance, for whoever shows metrics.
//!
//! Everything here is bounded: names come from outside. The first services to register have numbers
//! of their own for good, as many instances as there are places have some while they are registered;
//! all others share those called [`OTHER`].

mod instances;
mod outcome;
mod services;

pub use aegis_types::{Histogram, Scale};
pub use instances::InstanceMetrics;
pub use outcome::{ATTEMPT_ENDS, CallOutcome};
pub use services::ServiceMetrics;

pub(crate) use instances::InstanceTable;
pub(crate) use services::ServiceTable;

use std::time::Duration;

use aegis_types::{AttemptEnd, Instant, SelfReport};

use crate::delivery::{Call, CallFailureKind, RetryBudget};
use crate::event::CallRequest;
use crate::keys::{InstanceKey, MethodKey, ServiceKey};
use crate::router::Router;

/// Services with numbers of their own, at most.
pub const MAX_METRIC_SERVICES: usize = 256;

/// Methods of one service with numbers of their own, at most.
pub const MAX_METRIC_METHODS: usize = 32;

/// Instances with numbers of their own at one time, at most.
pub const MAX_METRIC_INSTANCES: usize = 1_000;

/// The name under which all others are counted. Who is really called that is counted there too.
pub const OTHER: &str = "other";

/// The numbers of one service; of `other`, without a name.
#[derive(Clone, Copy, Debug)]
pub struct ServiceNumbers<'a> {
    /// Its name, or [`OTHER`].
    pub name: &'a str,
    /// Its place, as [`Router::metrics_place`] tells it.
    pub place: u16,
    /// Its numbers.
    pub metrics: &'a ServiceMetrics,
    /// Calls in flight.
    pub in_flight: u64,
    /// Instances kept out for a while.
    pub ejected: u64,
    /// Of its instances: those that calls may go to.
    pub routable: u64,
    /// None for [`OTHER`].
    budget: Option<RetryBudget>,
}

impl ServiceNumbers<'_> {
    /// Retries that may still be made now; none for [`OTHER`].
    pub fn retries_left(&self, now: Instant) -> Option<u64> {
        self.budget.map(|budget| budget.left(now))
    }
}

impl Router {
    /// The numbers of each service that has some of its own, and then those of all others.
    pub fn service_numbers(&self) -> Vec<ServiceNumbers<'_>> {
        let table = &self.registry.service_metrics;
        let mut other = ServiceNumbers {
            name: OTHER,
            place: 0,
            metrics: table.other(),
            in_flight: 0,
            ejected: 0,
            routable: 0,
            budget: None,
        };
        let mut numbers = Vec::new();
        for service in self.registry.services() {
            match table.own(service.slot) {
                Some(metrics) => numbers.push(ServiceNumbers {
                    name: service.name.as_str(),
                    place: service.slot,
                    metrics,
                    in_flight: u64::from(service.in_flight),
                    ejected: service.ejected as u64,
                    routable: service.tally.routable as u64,
                    budget: Some(service.budget),
                }),
                None => {
                    other.in_flight += u64::from(service.in_flight);
                    other.ejected += service.ejected as u64;
                    other.routable += service.tally.routable as u64;
                }
            }
        }
        numbers.push(other);
        numbers
    }

    /// Which numbers are those of a service: 0 for those that share.
    pub fn metrics_place(&self, service: &str) -> u16 {
        self.registry.slot_of(self.registry.service_named(service))
    }

    /// Names of the methods of a service that have numbers of their own, in the order of those; none of
    /// a service that shares numbers.
    pub fn methods_with_numbers(&self, service: &str) -> Vec<&str> {
        let key = self.registry.service_named(service);
        let Some(key) = key.filter(|key| self.registry.slot_of(Some(*key)) != 0) else {
            return Vec::new();
        };
        let mut methods: Vec<_> = self.registry.service(key).method_names().collect();
        methods.sort_unstable_by_key(|(_, key)| key.0);
        let names = methods.iter().map(|(name, _)| name.as_str());
        names.take(MAX_METRIC_METHODS).collect()
    }

    /// The instances that have numbers of their own.
    pub fn instance_numbers(&self) -> impl Iterator<Item = (InstanceKey, &InstanceMetrics)> {
        self.registry.instance_metrics.own()
    }

    /// The numbers of all other instances together.
    pub fn other_instances(&self) -> &InstanceMetrics {
        self.registry.instance_metrics.other()
    }

    /// The host timed a heartbeat, which was accepted or refused.
    pub fn note_heartbeat_handling(&mut self, service: &str, was_accepted: bool, took: Duration) {
        let service = self.registry.service_named(service);
        let [accepted, refused] = &mut self.registry.metrics_of(service).heartbeat_handling;
        let handling = if was_accepted { accepted } else { refused };
        handling.note(took);
    }

    /// How late the timers ran.
    pub fn lateness(&self) -> &Histogram {
        &self.lateness
    }

    pub(crate) fn note_heartbeat(
        &mut self,
        service: ServiceKey,
        place: u16,
        report: SelfReport,
        gap: Duration,
        interval: Duration,
    ) {
        let metrics = self.registry.metrics_of(Some(service));
        metrics.heartbeats[services::report_index(report)] += 1;
        metrics.heartbeats_late += u64::from(gap > interval * 3 / 2);
        metrics.heartbeat_gaps.note(gap);
        self.registry
            .instance_metrics
            .at(place)
            .note_heartbeat(report);
    }

    /// The heartbeat that made an instance known: there was none before.
    pub(crate) fn note_first_heartbeat(&mut self, key: InstanceKey, report: SelfReport) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        let (service, place) = (instance.service, instance.metrics_at);
        let metrics = self.registry.metrics_of(Some(service));
        metrics.heartbeats[services::report_index(report)] += 1;
        self.registry
            .instance_metrics
            .at(place)
            .note_heartbeat(report);
    }

    /// It has been silent for most of its lease.
    pub(crate) fn note_missed(&mut self, key: InstanceKey) {
        let service = self.registry.instance(key).map(|instance| instance.service);
        self.registry.metrics_of(service).heartbeats_missed += 1;
    }

    /// By what is known of it calls can go to it no longer.
    pub(crate) fn note_loss(&mut self, key: InstanceKey) {
        let service = self.registry.instance(key).map(|instance| instance.service);
        self.registry.metrics_of(service).losses += 1;
    }

    /// It was gone and is back, in this life or the next.
    pub(crate) fn note_return(&mut self, now: Instant, key: InstanceKey) {
        let Some(instance) = self.registry.instance(key) else {
            return;
        };
        let is_flapping = instance.flaps.is_flapping(now, instance.terms.lease_ttl);
        let service = instance.service;
        let metrics = self.registry.metrics_of(Some(service));
        metrics.flaps += u64::from(is_flapping);
    }

    /// A call that was answered before it was anybody's.
    pub(crate) fn note_turned_away(&mut self, request: &CallRequest<'_>, kind: CallFailureKind) {
        let service = self.registry.service_named(request.service);
        self.note_failure(service, kind);
        let method = service.and_then(|key| self.registry.service(key).method(request.method));
        let outcome = CallOutcome::of_failure(kind.outcome());
        self.count_call(service, method, outcome, Duration::ZERO);
    }

    /// Services that share numbers count no methods: each has a first one, and they are not the same.
    fn count_call(
        &mut self,
        service: Option<ServiceKey>,
        method: Option<MethodKey>,
        outcome: CallOutcome,
        took: Duration,
    ) {
        let shares = self.registry.slot_of(service) == 0;
        let metrics = self.registry.metrics_of(service);
        metrics.note_call(method.filter(|_| !shares), outcome);
        metrics.durations[outcome as usize].note(took);
    }

    /// A call that the router answered itself.
    pub(crate) fn note_failure(&mut self, service: Option<ServiceKey>, kind: CallFailureKind) {
        self.registry.metrics_of(service).failures[kind.index()] += 1;
    }

    pub(crate) fn note_call_end(&mut self, now: Instant, call: &Call, outcome: CallOutcome) {
        let took = now.saturating_since(call.received_at);
        self.count_call(Some(call.service), call.method, outcome, took);
    }

    pub(crate) fn note_attempt(&mut self, service: ServiceKey, before: Option<AttemptEnd>) {
        let metrics = self.registry.metrics_of(Some(service));
        metrics.attempts += 1;
        if let Some(end) = before {
            metrics.reroutes[outcome::index(end)] += 1;
        }
    }

    pub(crate) fn note_attempt_end(
        &mut self,
        now: Instant,
        service: ServiceKey,
        (instance, sent_at): (InstanceKey, Instant),
        end: Option<AttemptEnd>,
    ) {
        let took = now.saturating_since(sent_at);
        if let Some(end) = end {
            let metrics = self.registry.metrics_of(Some(service));
            metrics.attempt_failures[outcome::index(end)] += 1;
        }
        let place = self.registry.instance(instance);
        let place = place.map_or(0, |instance| instance.metrics_at);
        let metrics = self.registry.instance_metrics.at(place);
        match end {
            None => metrics.ok.note(took),
            Some(end) => {
                metrics.failures[outcome::index(end)] += 1;
                metrics.failed.note(took);
            }
        }
    }
}
