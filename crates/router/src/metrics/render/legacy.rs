//! The names of the first AegisIPC: the same numbers again.

use std::fmt;

use aegis_core::metrics::{ATTEMPT_ENDS, InstanceMetrics, OTHER};

use super::instances::REPORTS;
use super::rows::Rows;
use crate::metrics::Snapshot;
use crate::metrics::catalogue as names;

pub(super) fn all(rows: &mut Rows<'_>, of: &Snapshot) -> fmt::Result {
    let mut family = rows.family(&names::OLD_HEARTBEATS)?;
    for (service, instance, metrics) in everybody(of) {
        for (status, count) in REPORTS.into_iter().zip(metrics.heartbeats) {
            family.number(&[service, instance, status], count)?;
        }
    }
    let mut family = rows.family(&names::OLD_HANDLING)?;
    for service in &of.services {
        let [accepted, refused] = &service.metrics.heartbeat_handling;
        family.histogram(&[&service.name, "success"], accepted)?;
        if refused.count() > 0 {
            family.histogram(&[&service.name, "failure"], refused)?;
        }
    }
    let mut family = rows.family(&names::OLD_FAILURES)?;
    for (service, instance, metrics) in everybody(of) {
        for (code, count) in ATTEMPT_ENDS.into_iter().zip(metrics.failures) {
            // Nine for each of a thousand instances are too many to show as nothing.
            if count > 0 {
                family.number(&[service, instance, code], count)?;
            }
        }
    }
    let mut family = rows.family(&names::OLD_DURATION)?;
    for (service, instance, metrics) in everybody(of) {
        family.histogram(&[service, instance, "true"], &metrics.ok)?;
        family.histogram(&[service, instance, "false"], &metrics.failed)?;
    }
    Ok(())
}

fn everybody(of: &Snapshot) -> impl Iterator<Item = (&str, &str, &InstanceMetrics)> {
    let own = of.instances.iter();
    let own = own.map(|one| (one.service.as_str(), one.instance.as_str(), &one.metrics));
    own.chain([(OTHER, OTHER, &of.other_instances)])
}
