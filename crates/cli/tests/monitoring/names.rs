use aegis_router::metrics::catalogue::{ALL, Kind, Metric, Shown};
use aegis_types::HealthReason;

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

#[test]
fn every_name_used_is_in_a_scrape_and_every_series_of_a_scrape_in_the_catalogue() {
    let router = Router::embedded();
    let toy = router.toy("toy-1");
    router.call("{\"id\": 1}");
    let scrape = http_get(&router.admin, "/metrics");

    for used in all_uses() {
        let metric = metric_of(&used.metric).unwrap();
        if metric.shown == Shown::OnNats {
            continue;
        }
        // OpenMetrics names the family of a counter without its ending.
        let family = metric.name.strip_suffix("_total").unwrap_or(metric.name);
        let declared = format!("# TYPE {family} {}", metric.kind.as_str());
        assert!(
            scrape.lines().any(|line| line == declared),
            "no `{declared}` in the scrape"
        );
    }
    // What an alert compares with nothing must be there when it is nothing.
    let text = "aegis_instances{service=\"toy\",health=\"suspect\",lifecycle=\"serving\"} 0";
    assert!(scrape.contains(text), "{scrape}");

    let body = scrape.split_once("\r\n\r\n").unwrap().1;
    let samples = body
        .lines()
        .filter(|line| line.starts_with("aegis_") || line.starts_with("ipc_"));
    let mut count = 0;
    for line in samples {
        for used in uses(line.rsplit_once(' ').unwrap().0) {
            let metric =
                metric_of(&used.metric).unwrap_or_else(|| panic!("not in the catalogue: {line}"));
            let labels = used.labels.iter().map(|(label, _)| label.as_str());
            let labels: Vec<&str> = labels.filter(|label| *label != "le").collect();
            assert_eq!(labels, metric.labels, "{line}");
            count += 1;
        }
    }
    assert!(count > 100, "{count} series in {body}");
    drop(toy);
}
