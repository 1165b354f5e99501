use std::process::Command;

use serde_json::json;

use super::expressions::{alerts, dashboard, path, read, rules};

/// What a runbook answers, in this order.
const HEADINGS: [&str; 3] = ["## What it means", "## What to look at", "## What to do"];

#[test]
fn every_alert_has_severity_words_a_runbook_and_unit_tests() {
    let (rules, tests) = (rules(), read("deploy/prometheus/rules.test.yaml"));
    for alert in alerts() {
        let rule = rules.split(&format!("- alert: {alert}\n")).nth(1).unwrap();
        let rule = rule.split("- alert: ").next().unwrap();
        let runbook = format!("docs/operations/runbooks/{alert}.md");
        for part in [
            "for: ",
            "summary: ",
            "description: ",
            &format!("runbook_url: {runbook}\n"),
        ] {
            assert!(rule.contains(part), "{alert} has no `{part}`");
        }
        let severities = ["severity: critical\n", "severity: warning\n"];
        assert!(
            severities.iter().any(|severity| rule.contains(severity)),
            "{alert}"
        );

        let page = read(&runbook);
        let places: Vec<_> = HEADINGS.iter().map(|heading| page.find(heading)).collect();
        assert!(
            places.iter().all(Option::is_some) && places.is_sorted(),
            "{runbook}"
        );

        let checks: Vec<&str> = tests
            .split(&format!("alertname: {alert}\n"))
            .skip(1)
            .collect();
        let silent = |check: &&&str| check.trim_start().starts_with("exp_alerts: []");
        let silences = checks.iter().filter(silent).count();
        assert!(silences > 0, "no test says when {alert} is silent");
        assert!(checks.len() > silences, "no test says when {alert} fires");
    }
    let pages = std::fs::read_dir(path("docs/operations/runbooks")).unwrap();
    assert_eq!(pages.count(), alerts().len(), "a runbook of no alert");
}

#[test]
fn what_compose_mounts_is_there() {
    let compose = read("deploy/compose.yaml");
    let mounts = compose
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- ./"));
    let mut count = 0;
    for mount in mounts {
        let file = mount.split(':').next().unwrap();
        assert!(path("deploy").join(file).exists(), "{file}");
        count += 1;
    }
    assert_eq!(count, 3);
}

#[test]
#[ignore = "needs promtool (Debian package prometheus); started by `cargo xtask test`"]
fn promtool_finds_rules_tests_and_configuration_right() {
    promtool(&["check", "rules"], "deploy/prometheus/rules.yaml");
    promtool(&["test", "rules"], "deploy/prometheus/rules.test.yaml");
    promtool(&["check", "config"], "deploy/prometheus/prometheus.yml");
}

#[test]
#[ignore = "needs promtool (Debian package prometheus); started by `cargo xtask test`"]
fn every_expression_of_the_dashboard_is_one() {
    let mut rules = "groups: [{name: dashboard, rules: [".to_owned();
    let expressions = dashboard().into_iter();
    let expressions =
        expressions.filter(|text| text.contains("aegis_") && !text.starts_with("label_values"));
    for (index, expression) in expressions.enumerate() {
        let expression = expression.replace("$__rate_interval", "1m");
        let quoted = serde_json::to_string(&expression).unwrap();
        rules += &format!("{{record: panel:{index}, expr: {quoted}}},\n");
    }
    rules += "]}]\n";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dashboard.yaml");
    std::fs::write(&file, rules).unwrap();
    promtool(&["check", "rules"], file.to_str().unwrap());
}

/// A transition's series begins with its first change, where `increase` alone sees no step. A router that is
/// scraped for the first time has changed nothing just now.
#[test]
#[ignore = "needs promtool (Debian package prometheus); started by `cargo xtask test`"]
fn the_dashboard_shows_the_first_transition_of_its_kind_once() {
    let expressions = dashboard().into_iter();
    let mut expressions =
        expressions.filter(|text| text.contains("aegis_instance_transitions_total"));
    let expression = expressions.next().unwrap();
    assert_eq!(expressions.next(), None);
    let expression = expression
        .replace("$__rate_interval", "1m")
        .replace("$service", ".*")
        .replace("$router", ".*");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("first.yaml");
    let of = |router| format!("job=\"aegis\",router=\"{router}\"");
    let change = "service=\"orders\",from=\"healthy\",to=\"suspect\",reason=\"late\"";
    let labels = format!("{{{change}}}");
    let at = |time, value| {
        let samples = match value {
            0 => "[]".to_owned(),
            value => json!([{"labels": labels, "value": value}]).to_string(),
        };
        format!(
            "{{expr: {}, eval_time: {time}, exp_samples: {samples}}}",
            json!(expression)
        )
    };
    let series = |name: &str, labels: &str, values| {
        format!(
            "{{series: {}, values: \"{values}\"}}",
            json!(format!("{name}{{{labels}}}"))
        )
    };
    let (watched, found) = (of("watched:7422"), of("found:7422"));
    let transitions = "aegis_instance_transitions_total";
    let input = [
        series("aegis_build_info", &watched, "1x40"),
        series(transitions, &format!("{watched},{change}"), "_x8 2x32"),
        // Scraped for the first time after five minutes, with changes of long ago.
        series("aegis_build_info", &found, "_x20 1x20"),
        series(transitions, &format!("{found},{change}"), "_x20 7x20"),
    ];
    let checks = [
        at("1m45s", 0),
        at("2m15s", 2),
        at("2m45s", 2),
        at("4m", 0),
        at("5m30s", 0),
    ];
    let tests = format!(
        "evaluation_interval: 15s\ntests: [{{interval: 15s, input_series: [{}], promql_expr_test: [{}]}}]\n",
        input.join(", "),
        checks.join(", ")
    );
    std::fs::write(&file, tests).unwrap();
    promtool(&["test", "rules"], file.to_str().unwrap());
}

fn promtool(command: &[&str], file: &str) {
    let ran = Command::new("promtool")
        .args(command)
        .arg(path(file))
        .output()
        .unwrap();
    assert!(ran.status.success(), "promtool {command:?} {file}: {ran:?}");
}
