//! `bench-worker`: one process of the product under measurement.

mod call;
mod crowd;
mod flood;
mod heartbeats;
mod router;
mod router_on;
mod serve;

use aegis_bench::{Order, end_with_stdin, read_order};

use crate::args::bench::BenchWorkerArgs;
use crate::commands::connect::runtime;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};

/// Is what it was ordered to be, until that is done or stdin ends.
pub(crate) fn work(args: &BenchWorkerArgs) -> Outcome {
    let order = read_order(&args.order).map_err(|error| Failure::new(ExitCode::Usage, error))?;
    // Those that stay until they are done end with whoever started them as well.
    if matches!(order, Order::Call(_) | Order::Crowd(_) | Order::Flood(_)) {
        end_with_stdin().map_err(Failure::system("cannot watch stdin"))?;
    }
    let worked = match order {
        Order::Router => router::run(),
        Order::RouterOn(order) => runtime()?.block_on(router_on::run(&order)),
        Order::Serve(order) => runtime()?.block_on(serve::run(&order)),
        Order::Call(order) => runtime()?.block_on(call::run(&order)),
        Order::Crowd(order) => runtime()?.block_on(crowd::run(&order)),
        Order::Flood(order) => flood::run(&order),
        Order::Count(_) => Err(anyhow::anyhow!("a router takes heartbeats itself")),
    };
    worked.map_err(|error| Failure::new(ExitCode::Failure, error))
}
