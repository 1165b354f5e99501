//! `docs/reference/metrics.md` is the catalogue.

use std::fmt::Write as _;

use super::catalogue::{ALL, Kind, Metric, Shown};

const PAGE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/reference/metrics.md"
);

/// Set to write the page instead of comparing it.
const WRITE: &str = "AEGIS_WRITE_DOCS";

const INTRODUCTION: &str = "# Metrics of a router\n\n\
    A router shows them on its admin listener at `/metrics`, as OpenMetrics text. Units are base units; \
    a counter rises until the router restarts.\n\n\
    Labels are capped. The first 256 services to register have a label of their own for as long as the \
    router runs, the rest share `service=\"other\"`; of each, the first 32 methods have one, the rest share \
    `method=\"other\"`. At most 1,000 instances have one at a time, from their registration until they are \
    removed; the rest share `instance=\"other\"` with `service=\"other\"`. A service or instance whose name is \
    `other` is counted there. What has not \
    happened yet is shown as 0, so that its first time is a step, unless the table says otherwise.\n\n\
    This page is written from `crates/router/src/metrics/catalogue.rs`.\n";

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let parts = [
        (Shown::Always, "Every router"),
        (Shown::Embedded, "With the embedded broker"),
        (Shown::OnNats, "On NATS servers"),
        (
            Shown::Legacy,
            "The first AegisIPC's names, with `metrics.legacy_names = true`",
        ),
    ];
    for (shown, title) in parts {
        write!(
            page,
            "\n## {title}\n\n| name | type | unit | labels | meaning |\n|---|---|---|---|---|\n"
        )
        .unwrap();
        for metric in ALL.iter().filter(|metric| metric.shown == shown) {
            let labels: Vec<String> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
            let (name, kind, unit) = (metric.name, metric.kind.as_str(), metric.unit());
            let (labels, meaning) = (labels.join(", "), metric.meaning);
            writeln!(
                page,
                "| `{name}` | {kind} | {unit} | {labels} | {meaning} |"
            )
            .unwrap();
        }
    }
    page
}

#[test]
fn the_page_is_the_catalogue() {
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(PAGE, page()).unwrap();
    }
    let written = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        written == page(),
        "docs/reference/metrics.md is not the catalogue: {WRITE}=1 cargo test -p aegis-router"
    );
}

#[test]
fn names_keep_to_the_conventions() {
    for metric in ALL {
        let prefix = match metric.shown {
            Shown::Legacy => "ipc_",
            Shown::Always | Shown::Embedded | Shown::OnNats => "aegis_",
        };
        assert!(metric.name.starts_with(prefix), "{metric:?}");
        let is_total = metric.name.ends_with("_total");
        assert_eq!(is_total, metric.kind == Kind::Counter, "{metric:?}");
        if metric.kind == Kind::Histogram {
            assert_eq!(metric.unit(), "seconds", "{metric:?}");
        }
    }
    let names = |metric: &Metric| metric.name;
    let distinct: std::collections::BTreeSet<_> = ALL.iter().map(names).collect();
    assert_eq!(distinct.len(), ALL.len());
}
