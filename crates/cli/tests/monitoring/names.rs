use aegis_router::metrics::catalogue::{ALL, Kind, Metric, Shown};
use aegis_testkit::{NatsServer, WITH_SYSTEM_ACCOUNT};
use aegis_types::HealthReason;
use serde_json::Value;

use super::expressions::{Use, dashboard, grouped, rules, uses};
use super::router::{Router, http_get};

/// What a target adds in `deploy/prometheus/prometheus.yml`.
const OF_THE_TARGET: [&str; 2] = ["job", "router"];

/// The metric that a series belongs to.
fn metric_of(series: &str) -> Option<&'static Metric> {
    ALL.iter().find(|metric| match metric.kind {
        Kind::Counter | Kind::Gauge => metric.name == series,
        Kind::Histogram => series
            .strip_prefix(metric.name)
            .is_some_and(|rest| ["_bucket", "_sum", "_count"].contains(&rest)),
    })
}

fn all_uses() -> Vec<Use> {
    uses(&format!("{}\n{}", rules(), dashboard().join("\n")))
}

#[test]
fn every_name_and_label_is_in_the_catalogue() {
    let all = all_uses();
    assert!(all.len() > 60, "{} uses found", all.len());
    for used in all {
        let metric =
            metric_of(&used.metric).unwrap_or_else(|| panic!("no metric of ours: {used:?}"));
        for (label, value) in &used.labels {
            if OF_THE_TARGET.contains(&label.as_str())
                || (label == "le" && used.metric.ends_with("_bucket"))
            {
                continue;
            }
            assert!(
                metric.labels.contains(&label.as_str()),
                "no label of it: {used:?}"
            );
            for value in value.split('|').filter(|value| !value.contains('$')) {
                assert!(
                    is_a_value(metric, label, value),
                    "never has this value: {value} in {used:?}"
                );
            }
        }
    }
}

/// Whether the catalogue says that the label can have this value.
fn is_a_value(metric: &Metric, label: &str, value: &str) -> bool {
    let is_health_reason = HealthReason::ALL
        .iter()
        .any(|reason| reason.code() == value);
    metric.meaning.contains(&format!("`{value}`"))
        || (metric.name == "aegis_instance_transitions_total"
            && (label != "reason" || is_health_reason))
        || metric.name == "aegis_call_duration_seconds"
}

#[test]
fn every_label_grouped_by_exists() {
    let text = format!("{}\n{}", rules(), dashboard().join("\n"));
    for label in grouped(&text) {
        let known = ALL
            .iter()
            .any(|metric| metric.labels.contains(&label.as_str()));
        let known = known || OF_THE_TARGET.contains(&label.as_str()) || label == "le";
        assert!(known, "nothing has the label `{label}`");
    }
}

/// Every name that rules and dashboard use has a series here with the labels that are asked of it. A family
/// without any series is none: what it is compared with would never be seen.
fn check_names(scrape: &str, shown: &[Shown]) {
    for used in all_uses() {
        let metric = metric_of(&used.metric).unwrap();
        if !shown.contains(&metric.shown) {
            continue;
        }
        let has_series = scrape.lines().any(|line| {
            let name = line.split(['{', ' ']).next();
            name == Some(used.metric.as_str())
        });
        assert!(has_series, "no series of `{}` in a scrape", used.metric);
    }
    let mut count = 0;
    for line in samples(scrape) {
        for used in uses(line.rsplit_once(' ').unwrap().0) {
            let metric =
                metric_of(&used.metric).unwrap_or_else(|| panic!("not in the catalogue: {line}"));
            let labels = used.labels.iter().map(|(label, _)| label.as_str());
            let labels: Vec<&str> = labels.filter(|label| *label != "le").collect();
            assert_eq!(labels, metric.labels, "{line}");
            count += 1;
        }
    }
    assert!(count > 100, "{count} series in {scrape}");
}

fn samples(scrape: &str) -> impl Iterator<Item = &str> {
    let lines = scrape.lines();
    lines.filter(|line| line.starts_with("aegis_") || line.starts_with("ipc_"))
}

#[test]
fn every_name_used_is_in_a_scrape_and_every_series_of_a_scrape_in_the_catalogue() {
    let router = Router::embedded();
    let toy = router.toy("toy-1");
    router.call("{\"id\": 1}");
    let scrape = http_get(&router.admin, "/metrics");
    check_names(&scrape, &[Shown::Always, Shown::Embedded]);
    // What an alert compares with nothing must be there when it is nothing.
    for nothing in [
        "aegis_instances{service=\"toy\",health=\"suspect\",lifecycle=\"serving\"} 0",
        "aegis_instance_flaps_total{service=\"toy\"} 0",
        "aegis_instance_losses_total{service=\"toy\"} 0",
        "aegis_call_failures_total{service=\"toy\",reason=\"no_routable_instance\"} 0",
        "aegis_limit_reached_total{limit=\"instances\"} 0",
        "aegis_limit_reached_total{limit=\"connections\"} 0",
    ] {
        assert!(scrape.contains(nothing), "no `{nothing}` in {scrape}");
    }
    drop(toy);
}

#[test]
#[ignore = "needs a nats-server; started by `cargo xtask test`"]
fn every_name_used_is_in_a_scrape_of_a_router_on_a_nats_server() {
    let server = NatsServer::start(WITH_SYSTEM_ACCOUNT).unwrap();
    let router = Router::on(&server);
    let toy = router.toy("toy-1");
    router.call("{\"id\": 1}");
    let scrape = http_get(&router.admin, "/metrics");
    check_names(&scrape, &[Shown::Always, Shown::OnNats]);
    drop(toy);
}

/// Each is set, refused and counted under one name.
#[test]
fn every_limit_that_is_counted_is_listed_as_a_limit() {
    let router = Router::embedded();
    let body = |path| {
        let answer = http_get(&router.admin, path);
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    };
    let listed: Value = serde_json::from_str(&body("/api/v1/limits")).unwrap();
    let listed = listed["limits"].as_array().unwrap();
    let listed: Vec<&str> = listed
        .iter()
        .map(|limit| limit["name"].as_str().unwrap())
        .collect();
    let scrape = body("/metrics");
    let counted: Vec<Use> = samples(&scrape)
        .filter(|line| line.starts_with("aegis_limit_reached_total"))
        .flat_map(uses)
        .collect();
    assert_eq!(counted.len(), 12);
    let counted = counted.iter().map(|used| used.labels[0].1.as_str());
    for limit in counted {
        assert!(listed.contains(&limit), "{limit} is none of {listed:?}");
    }
}
