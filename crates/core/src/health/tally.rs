//! Counts of instances by what they are good for, kept as each changes: nobody walks a million
//! instances to know how many are late.

use crate::keys::InstanceKey;
use crate::registry::Instance;
use crate::router::Router;

use aegis_types::{Health, HealthReason, Lifecycle};

/// As what one instance is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tallied {
    /// Present and not gone.
    pub(crate) live: bool,
    /// Live, and silent for most of its lease.
    pub(crate) late: bool,
    /// Counts in its service's share of healthy instances: those proven gone do not, nor those
    /// not yet welcomed.
    pub(crate) counted: bool,
    /// Of these: healthy.
    pub(crate) healthy: bool,
    /// Calls may go to it.
    pub(crate) routable: bool,
    /// As what it is shown; nothing once it has departed.
    pub(crate) shown: Option<(Health, Lifecycle)>,
}

/// Of all instances of a router, or of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) live: usize,
    pub(crate) late: usize,
    pub(crate) counted: usize,
    pub(crate) healthy: usize,
    pub(crate) routable: usize,
}

impl Tally {
    pub(crate) fn change(&mut self, from: Tallied, to: Tallied) {
        change(&mut self.live, from.live, to.live);
        change(&mut self.late, from.late, to.late);
        change(&mut self.counted, from.counted, to.counted);
        change(&mut self.healthy, from.healthy, to.healthy);
        change(&mut self.routable, from.routable, to.routable);
    }

    /// Less than half of those that count are healthy: whoever can be reached is used.
    ///
    /// Source: Envoy's panic threshold, with its default of one half.
    pub(crate) fn is_panic(&self) -> bool {
        self.healthy * 2 < self.counted
    }
}

fn change(count: &mut usize, from: bool, to: bool) {
    *count = *count + usize::from(to) - usize::from(from);
}

/// As what an instance is to be counted.
pub(crate) fn tallied(instance: &Instance) -> Tallied {
    if instance.departed {
        return Tallied::default();
    }
    let evidence = &instance.evidence;
    let live = evidence.gone.is_none();
    let proven_gone = evidence.gone == Some(HealthReason::ConnectionClosed)
        || instance.reason == HealthReason::InboxGone && instance.health == Health::Unhealthy;
    Tallied {
        live,
        late: live && evidence.doubt == Some(HealthReason::Late),
        counted: !proven_gone && evidence.joining.is_none(),
        healthy: instance.health == Health::Healthy,
        routable: instance.candidate().is_routable(),
        shown: Some((instance.health, instance.lifecycle)),
    }
}

impl Router {
    /// Brings the tallies in line with an instance.
    pub(crate) fn tally(&mut self, key: InstanceKey) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        let to = tallied(instance);
        let from = std::mem::replace(&mut instance.tallied, to);
        if from != to {
            let service = instance.service;
            self.registry.service_mut(service).tally.change(from, to);
            let metrics = self.registry.metrics_of(Some(service));
            if let Some((health, lifecycle)) = from.shown {
                *metrics.instances_mut(health, lifecycle) -= 1;
            }
            if let Some((health, lifecycle)) = to.shown {
                *metrics.instances_mut(health, lifecycle) += 1;
            }
            self.tally.change(from, to);
        }
    }
}
