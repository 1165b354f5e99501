//! The benchmark's control: plain request and reply through a NATS server with a client library
//! that is not ours. A program of its own, so that the product does not carry that library.
//!
//! It takes the orders of the product's own workers and measures with the same code.

mod call;
mod count;
mod serve;

use std::process::ExitCode;

use aegis_bench::{Order, end_with_stdin, read_order};
use anyhow::{Context as _, bail};

/// What the control's responder listens to.
const SUBJECT: &str = "bench.echo";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error);
            ExitCode::FAILURE
        }
    }
}

/// Whoever started us reads our stderr.
fn tell(error: &anyhow::Error) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "aegis-bench-control: {error:#}");
}

/// One thread, as the product's workers have.
fn run() -> anyhow::Result<()> {
    let argument = std::env::args().nth(1);
    let order = read_order(&argument.context("`aegis bench` starts this; it takes one order")?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match order {
            Order::Serve(order) => serve::run(&order).await,
            Order::Call(order) => {
                end_with_stdin()?;
                call::run(&order).await
            }
            Order::Count(order) => count::run(&order).await,
            other => bail!("no order for a control: {other:?}"),
        }
    })
}
