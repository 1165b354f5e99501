//! `bench call`: calls by name, in closed and open loops.

use std::time::Duration;

use aegis_bench::{CallOrder, CallReport, Load, Order, Span};
use anyhow::Context as _;
use serde::Serialize;

use super::cells::{CELLS, Cell};
use super::runs::Runs;
use super::system::System;
use super::{page, scratch};
use crate::args::bench::CallBenchArgs;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// A caller that has not reported this long after its load should have ended never will.
const REPORT_PATIENCE: Duration = Duration::from_secs(30);

/// Shortest span between two calls of an open loop in a quick run.
const QUICK_GAP: Duration = Duration::from_millis(1);

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
    let text = format!(
        "{}\n{}",
        page::call::section(&cells).text(),
        page::call::by_rate(&cells).text()
    );
    printer.object(&cells, text.trim_end())?;
    none_failed(&cells)
}

/// No call of ours may fail while nothing is broken.
///
/// # Errors
/// When one did.
pub(super) fn none_failed(cells: &[CellRuns]) -> Outcome {
    let mut reports = cells.iter().flat_map(|cell| &cell.aegis);
    match reports.find_map(|report| report.failure.as_ref()) {
        None => Ok(()),
        Some(failure) => {
            let cause = anyhow::anyhow!("calls failed, the first with: {failure}");
            Err(Failure::new(ExitCode::Failure, cause))
        }
    }
}

/// Measures every cell in every round on each system in turn.
pub(super) async fn measure(runs: &Runs, printer: &Printer) -> anyhow::Result<Vec<CellRuns>> {
    let control = runs.control.clone().map(System::Nats);
    let systems: Vec<System> = [System::Aegis].into_iter().chain(control).collect();
    measure_on(&systems, &CELLS, runs, printer).await
}

/// Measures these cells in every round on each of these systems in turn.
pub(super) async fn measure_on(
    systems: &[System],
    cells: &[Cell],
    runs: &Runs,
    printer: &Printer,
) -> anyhow::Result<Vec<CellRuns>> {
    let mut measured: Vec<CellRuns> = cells.iter().map(CellRuns::new).collect();
    for round in 1..=runs.rounds {
        for (cell, seen) in cells.iter().zip(&mut measured) {
            for system in systems {
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
                    System::Aegis | System::Routed(_) => seen.aegis.push(report),
                    System::Nats(_) => seen.nats.push(report),
                }
            }
        }
    }
    Ok(measured)
}

/// New processes for each run: none carries over what another left behind.
async fn measure_once(system: &System, cell: &Cell, runs: &Runs) -> anyhow::Result<CallReport> {
    let folder = scratch()?;
    let folder = folder.path();
    let broker = system.start_broker(folder).await?;
    let instance = system.start_instance(&broker.server, folder).await?;
    let span = Span {
        measured: match cell.longer {
            // Long enough for one call at the least.
            Some(_) if runs.quick => runs.span.measured * 2,
            Some(longer) => longer,
            None => runs.span.measured,
        },
        ..runs.span
    };
    let order = Order::Call(CallOrder {
        server: broker.server.clone(),
        connections: cell.connections,
        load: match cell.load {
            // A build for tests on a busy machine must be able to keep up.
            Load::Every(gap) if runs.quick => Load::Every(gap.max(QUICK_GAP)),
            load => load,
        },
        body: cell.body,
        span,
        watched: [
            Some(broker.watched()),
            Some(instance.watched()),
            broker.watched_under(),
        ]
        .into_iter()
        .flatten()
        .collect(),
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
