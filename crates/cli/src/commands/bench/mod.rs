//! `bench`: the product measured as its users run it, beside a NATS server on the same machine.
//!
//! Every part is a process of its own: this one only starts them, tells them what to do, and adds
//! up what they say. The workers of the product are this same binary; those of the control are a
//! program of their own, since the product does not carry another NATS client.

mod all;
mod call;
mod cells;
mod control;
mod failover;
mod files;
mod guard;
mod heartbeat;
mod on_nats;
mod page;
mod runs;
mod scrape;
mod system;
mod worker;

use std::process::Command;

use anyhow::Context as _;
use tempfile::TempDir;

use crate::args::bench::BenchCommand;
use crate::commands::connect::runtime;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::process::own_program;
use crate::stop::Stop;

pub(super) use worker::work;

/// The service that is called.
const SERVICE: &str = "bench";
/// Its method that gives back what came. Like the other it may be sent again.
const METHOD: &str = "echo";
/// Its method that works for a while, and says on which attempt.
const WORK: &str = "work";

/// Runs a benchmark; however it ends, its processes end with it.
pub(super) fn run(command: &BenchCommand, printer: &Printer) -> Outcome {
    let stopped = Stop::of_a_program(false)?
        .future()
        .map_err(Failure::system("cannot wait for signals"))?;
    runtime()?.block_on(async {
        let measured = async {
            match command {
                BenchCommand::Call(args) => call::run(args, printer).await,
                BenchCommand::Heartbeat(args) => heartbeat::run(args, printer).await,
                BenchCommand::Failover(args) => failover::run(args, printer).await,
                BenchCommand::Scrape(args) => scrape::run(args, printer).await,
                BenchCommand::Nats(args) => on_nats::run(args, printer).await,
                BenchCommand::All(args) => all::run(args, printer).await,
            }
        };
        tokio::select! {
            measured = measured => measured,
            reason = stopped => {
                let cause = anyhow::anyhow!("stopped by {reason} before the end");
                Err(Failure::new(ExitCode::Interrupted, cause))
            }
        }
    })
}

/// A folder for the logs of one run's processes.
fn scratch() -> anyhow::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("aegis-bench-").tempdir();
    folder.context("no temporary directory")
}

/// A worker of the product: this binary with an order.
fn own_worker(order: &str) -> anyhow::Result<Command> {
    own_program(&["bench-worker", order])
}
