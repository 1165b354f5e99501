//! `bench call`: calls by name, in closed and open loops.

use std::path::Path;
use std::time::Duration;

use aegis_bench::{CallOrder, CallReport, Order, Span, median, ratio};
use anyhow::Context as _;
use serde::Serialize;

use super::cells::{CELLS, Cell};
use super::runs::Runs;
use super::system::System;
use crate::args::bench::CallBenchArgs;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::{Printer, Row, table};

/// A caller that has not reported this long after its load should have ended never will.
const REPORT_PATIENCE: Duration = Duration::from_secs(30);

/// What was seen of one cell: one report per round. Without a control its list is empty.
#[derive(Debug, Serialize)]
pub(super) struct CellRuns {
    pub(super) cell: &'static str,
    pub(super) title: &'static str,
    pub(super) aegis: Vec<CallReport>,
    pub(super) nats: Vec<CallReport>,
}

pub(super) async fn run(args: &CallBenchArgs, printer: &Printer) -> Outcome {
    let runs = Runs::new(&args.runs, printer)?;
    let cells = measure(&runs, printer)
        .await
        .map_err(|error| Failure::new(ExitCode::Failure, error))?;
    let rows: Vec<CellRow> = cells.iter().flat_map(CellRow::of).collect();
    printer.object(&cells, &table(&rows))?;
    Ok(())
}

/// Measures every cell in every round on each system in turn.
pub(super) async fn measure(runs: &Runs, printer: &Printer) -> anyhow::Result<Vec<CellRuns>> {
    let mut measured: Vec<CellRuns> = CELLS.iter().map(CellRuns::new).collect();
    let control = runs.control.clone().map(System::Nats);
    let systems: Vec<System> = [System::Aegis].into_iter().chain(control).collect();
    for round in 1..=runs.rounds {
        for (cell, seen) in CELLS.iter().zip(&mut measured) {
            for system in &systems {
                let report = measure_once(system, cell, runs)
                    .await
                    .with_context(|| format!("{} on {}", cell.name, system.name()))?;
                printer.note(&format!(
                    "round {round} of {}: {} on {}: {:.0} calls/s, p50 {:.0} us",
                    runs.rounds,
                    cell.name,
                    system.name(),
                    report.per_second,
                    report.latency.p50_us
                ));
                match system {
                    System::Aegis => seen.aegis.push(report),
                    System::Nats(_) => seen.nats.push(report),
                }
            }
        }
    }
    Ok(measured)
}

/// New processes for each run: none carries over what another left behind.
async fn measure_once(system: &System, cell: &Cell, runs: &Runs) -> anyhow::Result<CallReport> {
    let folder = tempfile::Builder::new()
        .prefix("aegis-bench-")
        .tempdir()
        .context("no temporary directory")?;
    let folder: &Path = folder.path();
    let broker = system.start_broker(folder).await?;
    let instance = system.start_instance(&broker.server, folder).await?;
    let span = Span {
        measured: cell
            .longer
            .filter(|_| !runs.quick)
            .unwrap_or(runs.span.measured),
        ..runs.span
    };
    let order = Order::Call(CallOrder {
        server: broker.server.clone(),
        connections: cell.connections,
        load: cell.load,
        body: cell.body,
        span,
        watched: vec![broker.watched(system.broker_name()), instance.watched()],
    });
    let mut caller = system.start_worker("caller", &order, folder)?;
    let patience = span.warm_up + span.measured + REPORT_PATIENCE;
    caller.hear(patience).await
}

impl CellRuns {
    fn new(cell: &Cell) -> Self {
        Self {
            cell: cell.name,
            title: cell.title,
            aegis: Vec::new(),
            nats: Vec::new(),
        }
    }
}

/// One line: a cell on one system.
#[derive(Debug, Serialize)]
struct CellRow {
    cell: &'static str,
    system: &'static str,
    figures: Vec<String>,
}

impl CellRow {
    fn of(cell: &CellRuns) -> Vec<Self> {
        let row = |system, reports: &[CallReport]| {
            let middle = |of: fn(&CallReport) -> f64, digits: usize| {
                let all = |reports: &[CallReport]| reports.iter().map(of).collect::<Vec<f64>>();
                let value = median(all(reports)).unwrap_or_default();
                let ratio = ratio(&all(reports), &all(&cell.nats));
                let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
                [format!("{value:.digits$}"), ratio]
            };
            let failed: u64 = reports.iter().map(|report| report.failed).sum();
            let broker = |report: &CallReport| {
                let used = report.used.first();
                used.and_then(|used| used.cpu_us_per_call)
                    .unwrap_or_default()
            };
            let mut figures = Vec::new();
            figures.extend(middle(|report| report.per_second, 0));
            figures.extend(middle(|report| report.latency.p50_us, 0));
            figures.extend(middle(|report| report.latency.p99_us, 0));
            figures.extend(middle(broker, 2));
            figures.push(failed.to_string());
            Self {
                cell: cell.cell,
                system,
                figures,
            }
        };
        let mut rows = vec![row("aegis", &cell.aegis)];
        if !cell.nats.is_empty() {
            rows.push(row("nats", &cell.nats));
        }
        rows
    }
}

impl Row for CellRow {
    const HEADER: &'static [&'static str] = &[
        "CELL",
        "SYSTEM",
        "CALLS/S",
        "X",
        "P50 US",
        "X",
        "P99 US",
        "X",
        "BROKER CPU US",
        "X",
        "FAILED",
    ];

    fn cells(&self) -> Vec<String> {
        let names = [self.cell.to_owned(), self.system.to_owned()];
        names.into_iter().chain(self.figures.clone()).collect()
    }
}
