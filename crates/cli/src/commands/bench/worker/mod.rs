//! `bench-worker`: one process of the product under measurement.

mod call;
mod router;
mod serve;

use aegis_bench::{Order, read_order};

use crate::args::bench::BenchWorkerArgs;
use crate::commands::connect::runtime;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// The service that is called.
const SERVICE: &str = "bench";
/// Its method: gives back what came, and may be sent again.
const METHOD: &str = "echo";

/// Is what it was ordered to be, until that is done or stdin ends.
pub(crate) fn work(args: &BenchWorkerArgs) -> Outcome {
    let order = read_order(&args.order).map_err(|error| Failure::new(ExitCode::Usage, error))?;
    let worked = match order {
        Order::Router => router::run(),
        Order::Serve(order) => runtime()?.block_on(serve::run(&order)),
        Order::Call(order) => runtime()?.block_on(call::run(&order)),
    };
    worked.map_err(|error| Failure::new(ExitCode::Failure, error))
}
