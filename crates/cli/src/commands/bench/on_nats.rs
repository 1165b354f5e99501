//! `bench nats`: the product on a NATS server, beside plain request and reply through the same program.

use std::time::Duration;

use aegis_bench::CrowdReport;
use anyhow::Context as _;
use serde::Serialize;

use super::call::CellRuns;
use super::cells::{CELLS, Cell};
use super::failover::{Failover, KILLABLE};
use super::runs::Runs;
use super::system::System;
use super::{call, failover, heartbeat, page};
use crate::args::bench::{CrowdArgs, KillArgs, NatsBenchArgs};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// What is measured of calls.
const MEASURED: [&str; 2] = ["c1", "c64"];

/// What a quick run has in place of the asked crowd and kills.
const QUICK: (u32, Duration, u32) = (100, Duration::from_millis(1500), 3);

/// Everything that was seen of the product on a NATS server.
#[derive(Debug, Serialize)]
pub(super) struct OnNats {
    pub(super) calls: Vec<CellRuns>,
    pub(super) instances: u32,
    pub(super) seconds: f64,
    pub(super) crowd: CrowdReport,
    pub(super) failover: Failover,
}

pub(super) async fn run(args: &NatsBenchArgs, printer: &Printer) -> Outcome {
    let runs = Runs::new(&args.runs, printer)?;
    let seen = measure(&runs, &args.crowd, &args.kills, printer)
        .await
        .map_err(|error| Failure::new(ExitCode::Failure, error))?;
    let Some(seen) = seen else {
        let cause = anyhow::anyhow!("there is no NATS server to run on");
        return Err(Failure::new(ExitCode::Usage, cause)
            .hint("`cargo xtask bench nats` fetches one and builds the control"));
    };
    let text = page::on_nats::section(&seen).text();
    printer.object(&seen, text.trim_end())?;
    none_failed(&seen)
}

/// Nothing that may be repeated may fail.
///
/// # Errors
/// When something did.
pub(super) fn none_failed(seen: &OnNats) -> Outcome {
    call::none_failed(&seen.calls)?;
    failover::none_failed(std::slice::from_ref(&seen.failover))
}

/// Measures all of it. `None`: there is no NATS server.
pub(super) async fn measure(
    runs: &Runs,
    crowd: &CrowdArgs,
    kills: &KillArgs,
    printer: &Printer,
) -> anyhow::Result<Option<OnNats>> {
    let Some(control) = runs.control.clone() else {
        return Ok(None);
    };
    let cells: Vec<Cell> = CELLS
        .into_iter()
        .filter(|cell| MEASURED.contains(&cell.name))
        .collect();
    let routed = System::Routed(control.clone());
    let systems = [routed.clone(), System::Nats(control)];
    let calls = call::measure_on(&systems, &cells, runs, printer)
        .await
        .context("calls on a NATS server")?;
    let (instances, lasting, kills) = if runs.quick {
        QUICK
    } else {
        (crowd.instances, crowd.lasting, kills.kills)
    };
    printer.note(&format!(
        "a crowd of {instances} instances on a NATS server"
    ));
    let crowd = heartbeat::crowd_on(&routed, instances, lasting)
        .await
        .context("a crowd on a NATS server")?;
    printer.note(&format!("{kills} kills on a NATS server"));
    let failover = failover::in_fleet(&routed, KILLABLE.len(), kills)
        .await
        .context("kills on a NATS server")?;
    Ok(Some(OnNats {
        calls,
        instances,
        seconds: lasting.as_secs_f64(),
        crowd,
        failover,
    }))
}
