use std::fmt;

use aegis_core::metrics::{InstanceMetrics, OTHER};
use aegis_types::{Health, Lifecycle, SelfReport};

use super::rows::{Family, Rows};
use crate::metrics::Snapshot;
use crate::metrics::catalogue as names;

/// In the order in which they are counted.
pub(super) const REPORTS: [&str; 3] = [
    SelfReport::Healthy.as_str(),
    SelfReport::Degraded.as_str(),
    SelfReport::Unhealthy.as_str(),
];
const HEALTHS: [Health; 4] = [
    Health::Joining,
    Health::Healthy,
    Health::Suspect,
    Health::Unhealthy,
];
const LIFECYCLES: [Lifecycle; 2] = [Lifecycle::Serving, Lifecycle::Draining];

pub(super) fn heartbeats(rows: &mut Rows<'_>, of: &Snapshot) -> fmt::Result {
    let mut family = rows.family(&names::HEARTBEATS)?;
    for service in &of.services {
        for (status, count) in REPORTS.into_iter().zip(service.metrics.heartbeats) {
            family.number(&[&service.name, status], count)?;
        }
    }
    rows.by_label(
        &names::HEARTBEATS_REFUSED,
        copied(&of.counts.heartbeats_refused),
    )?;
    let services = || of.services.iter();
    let late = services().map(|service| (service.name.as_str(), service.metrics.heartbeats_late));
    rows.by_label(&names::HEARTBEATS_LATE, late)?;
    let missed =
        services().map(|service| (service.name.as_str(), service.metrics.heartbeats_missed));
    rows.by_label(&names::HEARTBEATS_MISSED, missed)?;
    let mut family = rows.family(&names::HEARTBEAT_GAP)?;
    for service in &of.services {
        family.gaps(&[&service.name], &service.metrics.heartbeat_gaps)?;
    }
    let mut family = rows.family(&names::HEARTBEAT_HANDLING)?;
    for service in &of.services {
        let [accepted, refused] = &service.metrics.heartbeat_handling;
        family.histogram(&[&service.name], &accepted.with(refused))?;
    }
    Ok(())
}

pub(super) fn instances(rows: &mut Rows<'_>, of: &Snapshot) -> fmt::Result {
    let mut family = rows.family(&names::INSTANCES)?;
    for service in &of.services {
        for (health, counts) in HEALTHS.into_iter().zip(service.metrics.instances) {
            for (lifecycle, count) in LIFECYCLES.into_iter().zip(counts) {
                let labels = [&service.name, health.as_str(), lifecycle.as_str()];
                family.number(&labels, u64::from(count))?;
            }
        }
    }
    let services = of.services.iter();
    rows.by_label(
        &names::INSTANCES_EJECTED,
        services.map(|service| (service.name.as_str(), service.ejected)),
    )?;
    let services = || of.services.iter();
    rows.by_label(
        &names::INSTANCES_ROUTABLE,
        services().map(|service| (service.name.as_str(), service.routable)),
    )?;
    rows.by_label(
        &names::INSTANCE_LOSSES,
        services().map(|service| (service.name.as_str(), service.metrics.losses)),
    )?;
    rows.by_label(
        &names::INSTANCE_FLAPS,
        services().map(|service| (service.name.as_str(), service.metrics.flaps)),
    )?;
    transitions(&mut rows.family(&names::TRANSITIONS)?, of)?;
    let counts = &of.counts;
    rows.one(&names::REGISTRATIONS, counts.registrations)?;
    rows.by_label(
        &names::REGISTRATIONS_REFUSED,
        copied(&counts.registrations_refused),
    )?;
    rows.one(&names::DEREGISTRATIONS, counts.deregistrations)?;
    rows.one(&names::PROBES_SENT, counts.probes_sent)?;
    let settled = [
        ("answered", counts.probes_answered),
        ("no_responders", counts.probes_unheard),
    ];
    rows.by_label(&names::PROBES_SETTLED, settled)?;
    each(rows, of)
}

fn transitions(family: &mut Family<'_, '_>, of: &Snapshot) -> fmt::Result {
    for service in &of.services {
        let first = (service.place, ("", "", ""));
        let counts = of.counts.transitions.range(first..);
        let own = counts.take_while(|((place, _), _)| *place == service.place);
        for ((_, (from, to, reason)), count) in own {
            family.number(&[&service.name, from, to, reason], *count)?;
        }
    }
    Ok(())
}

/// Those with numbers of their own, and the rest together.
fn each(rows: &mut Rows<'_>, of: &Snapshot) -> fmt::Result {
    let mut family = rows.family(&names::INSTANCE_ATTEMPTS)?;
    for one in &of.instances {
        attempts(&mut family, &one.service, &one.instance, &one.metrics)?;
    }
    attempts(&mut family, OTHER, OTHER, &of.other_instances)?;
    let mut family = rows.family(&names::INSTANCE_IN_FLIGHT)?;
    for one in &of.instances {
        family.number(&[&one.service, &one.instance], u64::from(one.in_flight))?;
    }
    let mut family = rows.family(&names::INSTANCE_ROUTABLE)?;
    for one in &of.instances {
        family.number(&[&one.service, &one.instance], u64::from(one.routable))?;
    }
    Ok(())
}

fn attempts(
    family: &mut Family<'_, '_>,
    service: &str,
    instance: &str,
    metrics: &InstanceMetrics,
) -> fmt::Result {
    let handler_errors = metrics.handler_errors();
    let failed = metrics.failed.count().saturating_sub(handler_errors);
    let counts = [
        ("ok", metrics.ok.count()),
        ("handler_error", handler_errors),
        ("failed", failed),
    ];
    for (outcome, count) in counts {
        family.number(&[service, instance, outcome], count)?;
    }
    Ok(())
}

fn copied<'a>(
    counts: &'a std::collections::BTreeMap<&'static str, u64>,
) -> impl Iterator<Item = (&'static str, u64)> + 'a {
    counts.iter().map(|(label, count)| (*label, *count))
}
