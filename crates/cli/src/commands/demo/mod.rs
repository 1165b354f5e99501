//! `demo`: the story a newcomer sees.
//!
//! Everything in it is what a user would start: this same binary as a router, as instances and as
//! callers, each instance in a process of its own. No part of router, broker or SDK knows that it is a
//! demo.

mod drain;
mod fleet;
mod kill;
mod ledger;
mod load;
mod pause;
mod progress;
mod report;
mod stage;
mod story;
mod table;
mod tally;
mod waker;
mod watch;

use std::time::Duration;

use super::connect::runtime;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::stop::Stop;

pub(super) use ledger::CHARGED;

/// Instances send heartbeats this often.
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);
/// A silent instance stays registered this long.
const LEASE_TTL: Duration = Duration::from_secs(3);
/// How long each call's handler works.
const WORK: Duration = Duration::from_millis(20);
/// Instances.
const INSTANCES: [&str; 3] = ["toy-1", "toy-2", "toy-3"];
/// The one that is killed.
const VICTIM: &str = "toy-2";
/// The one that is paused.
const PAUSED: &str = "toy-3";
/// The one that is drained and replaced.
const DRAINED: &str = "toy-1";

/// Tells the story; however it ends, its processes end with it.
pub(super) fn run(printer: &Printer) -> Outcome {
    let stopped = Stop::of_a_program(false)?
        .future()
        .map_err(Failure::system("cannot wait for signals"))?;
    let report = runtime()?.block_on(async {
        tokio::select! {
            report = story::tell(printer) => report,
            reason = stopped => {
                let cause = anyhow::anyhow!("stopped by {reason} before the end");
                Err(Failure::new(ExitCode::Interrupted, cause))
            }
        }
    })?;
    printer.object(&report, &report.text())?;
    if report.passed {
        return Ok(());
    }
    let cause = anyhow::anyhow!("a promise was broken: {}", report.broken_promise());
    Err(Failure::new(ExitCode::Failure, cause)
        .hint("this is a bug in AegisIPC; `aegis demo -o json` has every figure"))
}
