//! The judgement itself: a function of what the router said.

use aegis_client::{InstanceEntry, RouterInfo, ServiceEntry};

use super::ask::{Known, Scope};
use super::report::{Fleet, NotHealthy, Reason, Report, RouterHealth, Status};
use super::{HEALTHY_PERCENT, percent};

/// Most reasons, and most instances, of one report: a reader has seen enough by then.
const MAX_SHOWN: usize = 100;
/// The word of a healthy instance.
const HEALTHY: &str = "healthy";

pub(super) fn judge(scope: Scope<'_>, known: Known) -> Report {
    let Known {
        router,
        services,
        instances,
    } = known;
    let fleet = fleet(&services);
    let mut reasons = Vec::new();
    reasons.extend(of_trust(&router));
    match scope {
        Scope::All => reasons.extend(of_all(&fleet)),
        Scope::Service(name) if services.is_empty() => reasons.push(unknown(name)),
        Scope::Service(_) | Scope::Router => {}
    }
    let is_one = matches!(scope, Scope::Service(_));
    reasons.extend(services.iter().filter_map(|it| of_service(it, is_one)));
    // Stable: reasons of one weight stay in the order of the names.
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.status));
    let status = reasons.first().map_or(Status::Ok, |worst| worst.status);
    reasons.truncate(MAX_SHOWN);
    let not_healthy: Vec<NotHealthy> = instances
        .into_iter()
        .filter(|instance| instance.health != HEALTHY)
        .take(MAX_SHOWN)
        .map(not_healthy)
        .collect();
    let all_of_them = fleet.instances.saturating_sub(fleet.healthy);
    Report {
        status,
        reasons,
        not_healthy_left_out: all_of_them.saturating_sub(not_healthy.len() as u64),
        not_healthy,
        fleet: (!matches!(scope, Scope::Router)).then_some(fleet),
        router: RouterHealth {
            id: router.id,
            trust: router.trust,
            trust_since_ms_ago: router.trust_since_ms_ago,
            broker: router.broker,
            evidence: router.evidence,
        },
    }
}

fn fleet(services: &[ServiceEntry]) -> Fleet {
    let instances = services.iter().map(|service| service.instances).sum();
    let healthy = services.iter().map(|service| service.healthy).sum();
    Fleet {
        services: services.len() as u64,
        instances,
        healthy,
        healthy_percent: percent(healthy, instances),
    }
}

fn of_trust(router: &RouterInfo) -> Option<Reason> {
    let (code, detail) = match router.trust.as_str() {
        "warming" => (
            "router_warming",
            "the router has not watched long enough to expire anybody",
        ),
        "preserving" => (
            "router_preserving",
            "so many instances fell silent at once that the router rather doubts itself",
        ),
        _ => return None,
    };
    Some(reason(Status::Degraded, code, None, detail.to_owned()))
}

fn of_all(fleet: &Fleet) -> Option<Reason> {
    let few = fleet.healthy_percent < HEALTHY_PERCENT;
    let detail = format!(
        "{} of {} instances are healthy, fewer than {HEALTHY_PERCENT} %",
        fleet.healthy, fleet.instances
    );
    few.then(|| reason(Status::Unhealthy, "few_healthy", None, detail))
}

fn unknown(name: &str) -> Reason {
    let detail = "no instance ever registered it".to_owned();
    let name = Some(name.to_owned());
    reason(Status::Unhealthy, "unknown_service", name, detail)
}

/// `is_one`: without it a service that nobody offers any more is nothing that calls fail for, as far as
/// anybody can know; who asks for it by name wants to call it.
fn of_service(service: &ServiceEntry, is_one: bool) -> Option<Reason> {
    let &ServiceEntry {
        instances, healthy, ..
    } = service;
    let ill = instances.saturating_sub(healthy);
    let (status, code, detail) = match (instances, healthy) {
        (0, _) if is_one => (
            Status::Unhealthy,
            "no_instance",
            "it has no instance".to_owned(),
        ),
        (0, _) => (
            Status::Degraded,
            "no_instance",
            "it has no instance".to_owned(),
        ),
        (_, 0) => (
            Status::Unhealthy,
            "no_healthy_instance",
            format!("none of its {instances} instances is healthy"),
        ),
        _ if service.routable == Some(0) => (
            Status::Unhealthy,
            "no_routable_instance",
            format!(
                "calls go to none of its {instances} instances: they drain, are ejected or out of reach"
            ),
        ),
        _ if service.panic => (
            Status::Degraded,
            "panic",
            format!("only {healthy} of {instances} are healthy: suspect ones are used like them"),
        ),
        _ if is_one && percent(healthy, instances) < HEALTHY_PERCENT => (
            Status::Unhealthy,
            "few_healthy",
            format!("{healthy} of {instances} are healthy, fewer than {HEALTHY_PERCENT} %"),
        ),
        _ if ill > 0 => (
            Status::Degraded,
            "some_not_healthy",
            format!("{healthy} of {instances} are healthy"),
        ),
        _ => return None,
    };
    Some(reason(status, code, Some(service.name.clone()), detail))
}

fn reason(status: Status, code: &'static str, service: Option<String>, detail: String) -> Reason {
    Reason {
        status,
        code,
        service,
        detail,
    }
}

fn not_healthy(entry: InstanceEntry) -> NotHealthy {
    NotHealthy {
        service: entry.service,
        instance: entry.instance,
        health: entry.health,
        reason: entry.reason,
        evidence: entry.evidence,
        since_ms_ago: entry.since_ms_ago,
    }
}
