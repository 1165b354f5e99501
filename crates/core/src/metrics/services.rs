use aegis_types::{Health, Lifecycle, SelfReport};

use super::{ATTEMPT_ENDS, CallOutcome, Histogram, MAX_METRIC_METHODS, MAX_METRIC_SERVICES, OTHER};
use crate::delivery::CallFailureKind;
use crate::keys::MethodKey;

/// What happened to one service, or to all that have no numbers of their own.
#[derive(Clone, Debug)]
pub struct ServiceMetrics {
    /// Heartbeats accepted, by what the instance says of itself: healthy, degraded, unhealthy.
    pub heartbeats: [u64; 3],
    /// Heartbeats that came more than one and a half intervals after the one before.
    pub heartbeats_late: u64,
    /// Times that an instance was silent for most of its lease.
    pub heartbeats_missed: u64,
    /// Spans between two heartbeats of an instance.
    pub heartbeat_gaps: Histogram,
    /// How long a heartbeat was worked on, where the host timed it: those accepted and those refused.
    pub heartbeat_handling: [Histogram; 2],
    /// Times that an instance which calls went to was found unhealthy or out of reach.
    pub losses: u64,
    /// Times that an instance was back that had been gone three times within ten of its leases.
    pub flaps: u64,
    /// Present instances, by [`Health`] in its order and then by lifecycle: serving, draining.
    pub instances: [[u32; 2]; 4],
    /// Calls ended, by method and [`CallOutcome`]; first those of no method with numbers of its own.
    pub calls: [[u64; CallOutcome::ALL.len()]; MAX_METRIC_METHODS + 1],
    /// From receipt to end, by [`CallOutcome`].
    pub durations: [Histogram; CallOutcome::ALL.len()],
    /// Calls that the router answered itself, by [`CallFailureKind::CODES`].
    pub failures: [u64; CallFailureKind::CODES.len()],
    /// Sendings to instances.
    pub attempts: u64,
    /// Attempts that brought no result, by [`ATTEMPT_ENDS`].
    pub attempt_failures: [u64; ATTEMPT_ENDS.len()],
    /// Attempts beyond the first of a call, by the end of the one before ([`ATTEMPT_ENDS`]).
    pub reroutes: [u64; ATTEMPT_ENDS.len()],
}

impl Default for ServiceMetrics {
    fn default() -> ServiceMetrics {
        ServiceMetrics {
            heartbeats: [0; 3],
            heartbeats_late: 0,
            heartbeats_missed: 0,
            heartbeat_gaps: Histogram::default(),
            heartbeat_handling: [Histogram::default(); 2],
            losses: 0,
            flaps: 0,
            instances: [[0; 2]; 4],
            calls: [[0; CallOutcome::ALL.len()]; MAX_METRIC_METHODS + 1],
            durations: [Histogram::default(); CallOutcome::ALL.len()],
            failures: [0; CallFailureKind::CODES.len()],
            attempts: 0,
            attempt_failures: [0; ATTEMPT_ENDS.len()],
            reroutes: [0; ATTEMPT_ENDS.len()],
        }
    }
}

impl ServiceMetrics {
    pub(crate) fn note_call(&mut self, method: Option<MethodKey>, outcome: CallOutcome) {
        let own = method.map_or(0, |method| usize::from(method.0) + 1);
        let place = if own <= MAX_METRIC_METHODS { own } else { 0 };
        self.calls[place][outcome as usize] += 1;
    }

    /// Where instances of this health and lifecycle are counted.
    pub(crate) fn instances_mut(&mut self, health: Health, lifecycle: Lifecycle) -> &mut u32 {
        &mut self.instances[health as usize][lifecycle as usize]
    }
}

/// Where heartbeats with this report are counted.
pub(super) const fn report_index(report: SelfReport) -> usize {
    match report {
        SelfReport::Healthy => 0,
        SelfReport::Degraded => 1,
        SelfReport::Unhealthy => 2,
    }
}

/// The numbers of all services; place 0 is for those that share.
#[derive(Debug)]
pub(crate) struct ServiceTable(Vec<ServiceMetrics>);

impl Default for ServiceTable {
    fn default() -> ServiceTable {
        ServiceTable(vec![ServiceMetrics::default()])
    }
}

impl ServiceTable {
    /// The place of a new service.
    pub(crate) fn place(&mut self, name: &str) -> u16 {
        if name == OTHER || self.0.len() > MAX_METRIC_SERVICES {
            return 0;
        }
        let place = self.0.len() as u16;
        self.0.push(ServiceMetrics::default());
        place
    }

    pub(crate) fn at(&mut self, place: u16) -> &mut ServiceMetrics {
        &mut self.0[usize::from(place)]
    }

    pub(crate) fn other(&self) -> &ServiceMetrics {
        &self.0[0]
    }

    pub(crate) fn own(&self, place: u16) -> Option<&ServiceMetrics> {
        self.0.get(usize::from(place)).filter(|_| place != 0)
    }
}
