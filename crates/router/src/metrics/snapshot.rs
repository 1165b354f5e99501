use aegis_core::metrics::{Histogram, InstanceMetrics, ServiceMetrics};
use aegis_core::{Counters, Router, TrustState};
use aegis_types::Instant;

use super::counts::Counts;
use crate::DriverCounters;

/// The numbers of a router at one instant, copied in the thread that owns them. What is in it is
/// bounded, however many services and instances there are.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) services: Vec<ServiceCopy>,
    pub(super) instances: Vec<InstanceCopy>,
    pub(super) other_instances: InstanceMetrics,
    pub(super) limits: Vec<(&'static str, u64)>,
    pub(super) counters: Counters,
    pub(super) driver: DriverCounters,
    pub(super) counts: Counts,
    pub(super) lateness: Histogram,
    pub(super) trust: TrustState,
}

#[derive(Clone, Debug)]
pub(super) struct ServiceCopy {
    pub(super) name: String,
    pub(super) place: u16,
    pub(super) methods: Vec<String>,
    pub(super) metrics: ServiceMetrics,
    pub(super) in_flight: u64,
    pub(super) ejected: u64,
    pub(super) routable: u64,
    pub(super) retries_left: Option<u64>,
}

#[derive(Clone, Debug)]
pub(super) struct InstanceCopy {
    pub(super) service: String,
    pub(super) instance: String,
    pub(super) in_flight: u32,
    pub(super) routable: bool,
    pub(super) metrics: InstanceMetrics,
}

impl Snapshot {
    pub(crate) fn of(
        now: Instant,
        core: &Router,
        driver: DriverCounters,
        counts: &Counts,
    ) -> Snapshot {
        let services = core.service_numbers().into_iter().map(|numbers| {
            let methods = core.methods_with_numbers(numbers.name).into_iter();
            ServiceCopy {
                name: numbers.name.to_owned(),
                place: numbers.place,
                methods: methods.map(str::to_owned).collect(),
                metrics: numbers.metrics.clone(),
                in_flight: numbers.in_flight,
                ejected: numbers.ejected,
                routable: numbers.routable,
                retries_left: numbers.retries_left(now),
            }
        });
        let instances = core.instance_numbers().filter_map(|(key, metrics)| {
            let view = core.instance(key)?;
            Some(InstanceCopy {
                service: view.service.as_str().to_owned(),
                instance: view.id.as_str().to_owned(),
                in_flight: view.in_flight,
                routable: view.routable,
                metrics: metrics.clone(),
            })
        });
        Snapshot {
            services: services.collect(),
            instances: instances.collect(),
            other_instances: core.other_instances().clone(),
            limits: core
                .shed()
                .iter()
                .map(|(name, count)| (*name, *count))
                .collect(),
            counters: core.counters(),
            driver,
            counts: counts.clone(),
            lateness: *core.lateness(),
            trust: core.trust().0,
        }
    }
}
