//! What is said of which numbers.

use aegis_client::{RouterInfo, ServiceEntry};

use super::ask::{Known, Scope};
use super::judge::judge;
use super::report::{Report, Status};

fn service(name: &str, healthy: u64, instances: u64) -> ServiceEntry {
    ServiceEntry {
        name: name.to_owned(),
        instances,
        healthy,
        suspect: instances - healthy,
        ..ServiceEntry::default()
    }
}

fn of(scope: Scope<'_>, services: Vec<ServiceEntry>) -> Report {
    judge(
        scope,
        Known {
            services,
            ..Known::default()
        },
    )
}

fn codes(report: &Report) -> Vec<&str> {
    report.reasons.iter().map(|reason| reason.code).collect()
}

#[test]
fn nobody_there_is_nobody_ill() {
    let report = of(Scope::All, Vec::new());
    assert_eq!(report.status, Status::Ok);
    assert_eq!(report.fleet.unwrap().healthy_percent, 100);
}

#[test]
fn eighty_of_a_hundred_are_enough_and_seventy_nine_are_not() {
    let enough = of(Scope::All, vec![service("billing", 80, 100)]);
    assert_eq!(enough.status, Status::Degraded);
    assert_eq!(codes(&enough), ["some_not_healthy"]);
    let few = of(Scope::All, vec![service("billing", 79, 100)]);
    assert_eq!(few.status, Status::Unhealthy);
    assert_eq!(codes(&few), ["few_healthy", "some_not_healthy"]);
    assert_eq!(few.not_healthy_left_out, 21);
    let one = of(Scope::Service("billing"), vec![service("billing", 79, 100)]);
    assert_eq!(one.status, Status::Unhealthy);
}

#[test]
fn one_service_without_a_healthy_instance_is_enough() {
    let report = of(
        Scope::All,
        vec![service("billing", 99, 99), service("stock", 0, 1)],
    );
    assert_eq!(report.status, Status::Unhealthy);
    assert_eq!(report.reasons[0].service.as_deref(), Some("stock"));
    assert_eq!(codes(&report), ["no_healthy_instance"]);
}

#[test]
fn a_service_that_nobody_offers_matters_to_who_asks_for_it() {
    let gone = || vec![service("stock", 0, 0)];
    let all = of(Scope::All, gone());
    assert_eq!(
        (all.status, codes(&all)),
        (Status::Degraded, vec!["no_instance"])
    );
    let one = of(Scope::Service("stock"), gone());
    assert_eq!(
        (one.status, codes(&one)),
        (Status::Unhealthy, vec!["no_instance"])
    );
    let unknown = of(Scope::Service("stock"), Vec::new());
    assert_eq!(codes(&unknown), ["unknown_service"]);
    assert_eq!(unknown.status, Status::Unhealthy);
}

#[test]
fn healthy_instances_that_all_drain_take_no_calls_whoever_asks() {
    let drained = |routable| ServiceEntry {
        routable,
        ..service("stock", 2, 2)
    };
    for scope in [Scope::All, Scope::Service("stock")] {
        let report = of(scope, vec![drained(Some(0)), service("billing", 1, 1)]);
        assert_eq!(codes(&report), ["no_routable_instance"], "{scope:?}");
        assert_eq!(report.status, Status::Unhealthy);
        // An older router does not say it.
        for well in [Some(1), None] {
            let report = of(scope, vec![drained(well)]);
            assert_eq!(report.status, Status::Ok, "{scope:?}");
        }
    }
}

#[test]
fn a_router_that_doubts_itself_is_a_reason() {
    for (trust, code) in [
        ("warming", "router_warming"),
        ("preserving", "router_preserving"),
    ] {
        let router = RouterInfo {
            trust: trust.to_owned(),
            ..RouterInfo::default()
        };
        let known = Known {
            router,
            ..Known::default()
        };
        let report = judge(Scope::Router, known);
        assert_eq!(
            (report.status, codes(&report)),
            (Status::Degraded, vec![code])
        );
        assert_eq!(report.fleet, None);
    }
}

#[test]
fn a_report_stays_short() {
    let services = (0..1000)
        .map(|n| service(&format!("s{n:04}"), 9, 10))
        .collect();
    let report = of(Scope::All, services);
    assert_eq!(report.reasons.len(), 100);
    assert_eq!(report.not_healthy_left_out, 1000);
}
