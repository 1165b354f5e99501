//! The worker that calls: opens its connections, makes the load that was ordered, reports.

use std::io;
use std::process;

use crate::{CallOrder, CallReport, Load, Run, Target, Usage, closed, open, used_per};

/// Makes the calls that were ordered, on these targets.
///
/// # Errors
/// When the operating system refuses a thread.
pub async fn make_calls<T: Target>(order: &CallOrder, targets: &[T]) -> io::Result<CallReport> {
    let mut pids: Vec<u32> = order.watched.iter().map(|other| other.pid).collect();
    pids.push(process::id());
    let look = || pids.iter().copied().map(Usage::of).collect::<Vec<_>>();
    let Run { tally, watched } = match order.load {
        Load::InFlight(calls) => closed(targets, calls, order.span, look).await,
        Load::Every(gap) => open(targets, gap, order.span, look).await?,
    };
    let latency = tally.latencies.summary();
    let names = order.watched.iter().map(|other| other.name.as_str());
    let used = used_per(latency.count, names.chain(["caller"]), &watched);
    Ok(CallReport {
        per_second: latency.count as f64 / order.span.measured.as_secs_f64(),
        latency,
        failed: tally.failed,
        failure: tally.failure,
        used,
    })
}
