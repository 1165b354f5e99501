//! `bench`: the product measured as its users run it, beside a NATS server on the same machine.
//!
//! Every part is a process of its own: this one only starts them, tells them what to do, and adds
//! up what they say. The workers of the product are this same binary; those of the control are a
//! program of their own, since the product does not carry another NATS client.

mod call;
mod cells;
mod control;
mod guard;
mod runs;
mod system;
mod worker;

use std::process::Command;

use crate::args::bench::BenchCommand;
use crate::commands::connect::runtime;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::process::own_program;
use crate::stop::Stop;

pub(super) use worker::work;

/// Runs a benchmark; however it ends, its processes end with it.
pub(super) fn run(command: &BenchCommand, printer: &Printer) -> Outcome {
    let stopped = Stop::of_a_program(false)?
        .future()
        .map_err(Failure::system("cannot wait for signals"))?;
    runtime()?.block_on(async {
        let measured = async {
            match command {
                BenchCommand::Call(args) => call::run(args, printer).await,
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

/// A worker of the product: this binary with an order.
fn own_worker(order: &str) -> anyhow::Result<Command> {
    own_program(&["bench-worker", order])
}
