use std::fmt;

use aegis_core::CallFailureKind;
use aegis_core::metrics::{ATTEMPT_ENDS, CallOutcome, OTHER};

use super::HostNumbers;
use super::rows::{Family, Rows};
use crate::metrics::Snapshot;
use crate::metrics::catalogue as names;
use crate::metrics::snapshot::ServiceCopy;

pub(super) fn calls(rows: &mut Rows<'_>, of: &Snapshot) -> fmt::Result {
    let mut family = rows.family(&names::CALLS)?;
    for service in &of.services {
        by_method(&mut family, service)?;
    }
    let mut family = rows.family(&names::CALL_DURATION)?;
    for service in &of.services {
        for (outcome, spans) in CallOutcome::ALL.iter().zip(&service.metrics.durations) {
            if spans.count() > 0 || *outcome == CallOutcome::Ok {
                family.histogram(&[&service.name, outcome.as_str()], spans)?;
            }
        }
    }
    let mut family = rows.family(&names::CALL_FAILURES)?;
    for service in &of.services {
        let counts = service.metrics.failures;
        by_reason(&mut family, service, &CallFailureKind::CODES, &counts)?;
    }
    let services = || of.services.iter();
    let in_flight = services().map(|service| (service.name.as_str(), service.in_flight));
    rows.by_label(&names::CALLS_IN_FLIGHT, in_flight)?;
    let attempts = services().map(|service| (service.name.as_str(), service.metrics.attempts));
    rows.by_label(&names::ATTEMPTS, attempts)?;
    let mut family = rows.family(&names::ATTEMPT_FAILURES)?;
    for service in &of.services {
        let counts = service.metrics.attempt_failures;
        by_reason(&mut family, service, &ATTEMPT_ENDS, &counts)?;
    }
    let mut family = rows.family(&names::REROUTES)?;
    for service in &of.services {
        by_reason(
            &mut family,
            service,
            &ATTEMPT_ENDS,
            &service.metrics.reroutes,
        )?;
    }
    let budgets =
        services().filter_map(|service| Some((service.name.as_str(), service.retries_left?)));
    rows.by_label(&names::RETRY_BUDGET, budgets)
}

/// Every outcome of every method, so that a rate has something to begin with.
fn by_method(family: &mut Family<'_, '_>, service: &ServiceCopy) -> fmt::Result {
    let [without, own @ ..] = &service.metrics.calls;
    let mut other = *without;
    for (method, counts) in service.methods.iter().zip(own) {
        if method == OTHER {
            for (sum, count) in other.iter_mut().zip(counts) {
                *sum += count;
            }
        } else {
            outcomes(family, service, method, counts)?;
        }
    }
    outcomes(family, service, OTHER, &other)
}

fn outcomes(
    family: &mut Family<'_, '_>,
    service: &ServiceCopy,
    method: &str,
    counts: &[u64],
) -> fmt::Result {
    for (outcome, count) in CallOutcome::ALL.iter().zip(counts) {
        family.number(&[&service.name, method, outcome.as_str()], *count)?;
    }
    Ok(())
}

/// Every reason, also what has not happened yet: a rate sees the first of something only as a step from
/// nothing.
fn by_reason(
    family: &mut Family<'_, '_>,
    service: &ServiceCopy,
    reasons: &[&str],
    counts: &[u64],
) -> fmt::Result {
    for (reason, count) in reasons.iter().zip(counts) {
        family.number(&[&service.name, reason], *count)?;
    }
    Ok(())
}

/// What is counted for the router as a whole.
pub(super) fn messages(rows: &mut Rows<'_>, of: &Snapshot, host: &HostNumbers) -> fmt::Result {
    rows.one(&names::LATE_REPLIES, of.counters.late_replies)?;
    let limits = of.limits.iter().copied().chain(host.limits());
    rows.by_label(&names::LIMITS, limits)?;
    rows.one(&names::MESSAGES_REFUSED, of.driver.refused_messages)?;
    let dropped = [
        ("unanswerable", of.driver.unanswerable),
        ("late_response", of.driver.late_responses),
    ];
    rows.by_label(&names::MESSAGES_DROPPED, dropped)
}
