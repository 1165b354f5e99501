//! What happened, in plain numbers by service and by instance, for whoever shows metrics.
//!
//! Everything here is bounded: names come from outside. The first services to register have numbers
//! of their own for good, as many instances as there are places have some while they are registered;
//! all others share those called [`OTHER`].

mod instances;
mod outcome;
mod services;

pub use aegis_types::Histogram;
pub use instances::InstanceMetrics;
pub use outcome::{ATTEMPT_ENDS, CallOutcome};
pub use services::ServiceMetrics;

pub(crate) use instances::InstanceTable;
pub(crate) use services::ServiceTable;

use std::time::Duration;

use aegis_types::{AttemptEnd, Instant, SelfReport};

use crate::delivery::{Call, CallFailureKind};
use crate::event::CallRequest;
use crate::keys::{InstanceKey, ServiceKey};
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
    /// Retries that may still be made now; none for [`OTHER`].
    pub retries_left: Option<u64>,
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
            retries_left: None,
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
                    retries_left: Some(service.budget.left()),
                }),
                None => {
                    other.in_flight += u64::from(service.in_flight);
                    other.ejected += service.ejected as u64;
                }
            }
        }
        numbers.push(other);
        numbers
    }

    /// Which numbers are those of a service: 0 for those that share.
    pub fn metrics_place(&self, service: &str) -> u16 {
        let service = self.registry.service_named(service);
        service.map_or(0, |service| self.registry.service(service).slot)
    }

    /// Names of the methods of a service that have numbers of their own, in the order of those.
    pub fn methods_with_numbers(&self, service: &str) -> Vec<&str> {
        let Some(key) = self.registry.service_named(service) else {
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

    /// The host timed a heartbeat.
    pub fn note_heartbeat_handling(&mut self, service: &str, took: Duration) {
        let service = self.registry.service_named(service);
        let metrics = self.registry.metrics_of(service);
        metrics.heartbeat_handling.note(took);
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

    /// A call that was answered before it was anybody's.
    pub(crate) fn note_turned_away(&mut self, request: &CallRequest<'_>, kind: CallFailureKind) {
        let service = self.registry.service_named(request.service);
        self.note_failure(service, kind);
        let method = service.and_then(|key| self.registry.service(key).method(request.method));
        let outcome = CallOutcome::of_failure(kind.outcome());
        let metrics = self.registry.metrics_of(service);
        metrics.note_call(method, outcome);
        metrics.durations[outcome as usize].note(Duration::ZERO);
    }

    /// A call that the router answered itself.
    pub(crate) fn note_failure(&mut self, service: Option<ServiceKey>, kind: CallFailureKind) {
        self.registry.metrics_of(service).failures[kind.index()] += 1;
    }

    pub(crate) fn note_call_end(&mut self, now: Instant, call: &Call, outcome: CallOutcome) {
        let metrics = self.registry.metrics_of(Some(call.service));
        metrics.note_call(call.method, outcome);
        metrics.durations[outcome as usize].note(now.saturating_since(call.received_at));
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
