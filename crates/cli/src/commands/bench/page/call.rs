//! What is said of calls.

use aegis_bench::{CallReport, median, ratio};

use super::super::call::CellRuns;
use super::section::{Section, Table, figure};
use super::target::Target;

/// The cells that are asked for by rate: what the first plan asked about calls by name.
const BY_RATE: [&str; 2] = ["rate-200-per-minute", "rate-10000-per-second"];

/// All cells.
pub(in super::super) fn section(cells: &[CellRuns]) -> Section {
    Section {
        title: "Calls",
        method: "Closed loop: each caller makes its next call when the last one has returned. One instance, which gives back what\n\
                 came; the responder of the control does the same. Bodies are of the named length in both directions."
            .to_owned(),
        tables: vec![closed(cells), processors(cells)],
        targets: targets(cells),
    }
}

/// Calls by name at a fixed rate.
pub(in super::super) fn by_rate(cells: &[CellRuns]) -> Section {
    let mut table = Table::new(&[
        "calls",
        "system",
        "mean ms",
        "P50 ms",
        "P99 ms",
        "P99.9 ms",
        "longest ms",
        "lost",
    ]);
    let mut targets = Vec::new();
    for cell in cells.iter().filter(|cell| is_by_rate(cell)) {
        for (system, reports) in systems(cell) {
            let millis = |of: Of| figure(middle(reports, of).map(|us| us / 1e3), 3);
            table.row([
                cell.title.to_owned(),
                system.to_owned(),
                millis(|report| report.latency.mean_us),
                millis(|report| report.latency.p50_us),
                millis(|report| report.latency.p99_us),
                millis(|report| report.latency.p999_us),
                millis(|report| report.latency.max_us),
                lost(reports).to_string(),
            ]);
        }
        let millis = |of: Of| middle(&cell.aegis, of).map(|us| us / 1e3);
        let what = |figure| format!("{figure}, {}", cell.title);
        let (mean, p99) = (
            millis(|report| report.latency.mean_us),
            millis(|report| report.latency.p99_us),
        );
        targets.push(Target::at_most(what("mean"), 5.0, mean).shown(2, " ms"));
        targets.push(Target::at_most(what("P99"), 5.0, p99).shown(2, " ms"));
        let lost = Some(lost(&cell.aegis) as f64);
        targets.push(Target::at_most(what("lost calls"), 0.0, lost).shown(0, ""));
    }
    Section {
        title: "Calls by name at a fixed rate",
        method: "Open loop: a call is due at fixed instants, whatever became of those before, and its latency counts from when it\n\
                 was due: a stall is felt by every call that it delays. A call that failed or was never answered is lost."
            .to_owned(),
        tables: vec![table],
        targets,
    }
}

type Of = fn(&CallReport) -> f64;

fn is_by_rate(cell: &CellRuns) -> bool {
    BY_RATE.contains(&cell.cell)
}

fn systems(cell: &CellRuns) -> impl Iterator<Item = (&'static str, &[CallReport])> {
    let systems = [
        ("aegis", cell.aegis.as_slice()),
        ("nats", cell.nats.as_slice()),
    ];
    systems
        .into_iter()
        .filter(|(_, reports)| !reports.is_empty())
}

fn middle(reports: &[CallReport], of: Of) -> Option<f64> {
    median(reports.iter().map(of))
}

/// Our figure over the control's, round by round.
fn times(reports: &[CallReport], cell: &CellRuns, of: Of) -> Option<f64> {
    let all = |reports: &[CallReport]| reports.iter().map(of).collect::<Vec<_>>();
    ratio(&all(reports), &all(&cell.nats))
}

fn lost(reports: &[CallReport]) -> u64 {
    reports.iter().map(|report| report.failed).sum()
}

/// CPU time per call of the process of this name.
fn cpu_of(reports: &[CallReport], name: &str) -> Option<f64> {
    let of = |report: &CallReport| report.used.iter().find(|used| used.name == name)?.cpu_us;
    median(reports.iter().filter_map(of))
}

/// Rate, median and CPU time of the router on a NATS server, with 64 calls in flight.
pub(super) fn on_nats(cells: &[CellRuns]) -> [Option<f64>; 3] {
    let cell = cells.iter().find(|cell| cell.cell == "c64");
    let times = |of: Of| cell.and_then(|cell| times(&cell.aegis, cell, of));
    [
        times(|report| report.per_second),
        times(|report| report.latency.p50_us),
        cell.and_then(|cell| cpu_of(&cell.aegis, "router")),
    ]
}

pub(super) fn closed(cells: &[CellRuns]) -> Table {
    let mut table = Table::new(&[
        "calls", "system", "calls/s", "x", "P50 us", "x", "P99 us", "x", "P99.9 us", "failed",
    ]);
    for cell in cells.iter().filter(|cell| !is_by_rate(cell)) {
        for (system, reports) in systems(cell) {
            let mut row = vec![cell.title.to_owned(), system.to_owned()];
            let both: [Of; 3] = [
                |report| report.per_second,
                |report| report.latency.p50_us,
                |report| report.latency.p99_us,
            ];
            for of in both {
                row.push(figure(middle(reports, of), 0));
                row.push(figure(times(reports, cell, of), 2));
            }
            row.push(figure(middle(reports, |report| report.latency.p999_us), 0));
            row.push(lost(reports).to_string());
            table.row(row);
        }
    }
    table
}

pub(super) fn processors(cells: &[CellRuns]) -> Table {
    let mut table = Table::new(&[
        "CPU time per call, us",
        "system",
        "router, or nats-server alone",
        "nats-server under it",
        "instance",
        "caller",
        "all",
    ]);
    for cell in cells {
        for (system, reports) in systems(cell) {
            let of = |name: &str| cpu_of(reports, name);
            let router = of("router");
            let under = router.and_then(|_| of("nats-server"));
            let first = router.or_else(|| of("nats-server"));
            let used = [first, under, of("instance"), of("caller")];
            let all: f64 = used.iter().flatten().sum();
            let row = used.into_iter().chain([Some(all)]).map(|us| figure(us, 2));
            table.row(
                [cell.title.to_owned(), system.to_owned()]
                    .into_iter()
                    .chain(row),
            );
        }
    }
    table
}

fn targets(cells: &[CellRuns]) -> Vec<Target> {
    let cell = |name| cells.iter().find(|cell| cell.cell == name);
    let times = |name, of: Of| cell(name).and_then(|cell| times(&cell.aegis, cell, of));
    let router = |name| cell(name).and_then(|cell| cpu_of(&cell.aegis, "router"));
    let rate: Of = |report| report.per_second;
    let (p50, p99): (Of, Of) = (
        |report| report.latency.p50_us,
        |report| report.latency.p99_us,
    );
    let failed: u64 = cells.iter().map(|cell| lost(&cell.aegis)).sum();
    let x = |target: Target| target.shown(2, " x");
    let us = |target: Target| target.shown(2, " us");
    vec![
        x(Target::at_least(
            "calls/s, 64 in flight",
            1.2,
            times("c64", rate),
        )),
        x(Target::at_most(
            "P50, 64 in flight",
            0.95,
            times("c64", p50),
        )),
        x(Target::at_most("P99, 64 in flight", 0.7, times("c64", p99))),
        x(Target::at_most("P50, 1 in flight", 0.85, times("c1", p50))),
        x(Target::at_least(
            "calls/s, 64 connections",
            1.2,
            times("conn64", rate),
        )),
        x(Target::at_least(
            "calls/s, 64 in flight, 4 KiB",
            1.0,
            times("c64-4k", rate),
        )),
        us(Target::at_most(
            "router CPU per call, 64 in flight",
            2.5,
            router("c64"),
        )),
        us(Target::at_most(
            "router CPU per call, 64 connections",
            11.0,
            router("conn64"),
        )),
        Target::at_most("calls that failed", 0.0, Some(failed as f64)).shown(0, ""),
    ]
}
