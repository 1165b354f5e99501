//! What is said of kills.

use super::super::failover::Failover;
use super::section::{Section, Table, figure};
use super::target::Target;

/// All fleets.
pub(in super::super) fn section(seen: &[Failover]) -> Section {
    let mut targets = Vec::new();
    for fleet in seen {
        let Failover {
            out_of_routing,
            added,
            ..
        } = fleet;
        let what = |what: &str| format!("SIGKILL with {} registered: {what}", fleet.registered);
        let ms = |what: String, bound, us: f64| {
            Target::at_most(what, bound, Some(us / 1e3)).shown(2, " ms")
        };
        targets.push(ms(what("out of routing, P50"), 1.5, out_of_routing.p50_us));
        targets.push(ms(what("out of routing, P99"), 5.0, out_of_routing.p99_us));
        targets.push(ms(what("added latency, P99"), 15.0, added.p99_us));
        let failed = Some(fleet.failed as f64);
        targets.push(Target::at_most(what("calls that failed"), 0.0, failed).shown(0, ""));
    }
    Section {
        title: "Failover",
        method: "One of three instances is killed with SIGKILL while 8 callers call an idempotent method that works for 5 ms, and is\n\
                 started again; the other instances of the large service share one process. *Out of routing*: from when kill(2) had\n\
                 returned until the router's event that says so had reached a watching client; the event's own way is about half of a\n\
                 *question* to the router and its answer, which was taken just before each kill. *Added*: of every call that was in\n\
                 flight at a kill or began within 50 ms after it, the time that it took beyond the median of all other calls. *Moved*:\n\
                 calls that were answered by another instance than the first they were sent to."
            .to_owned(),
        tables: vec![table(seen)],
        targets,
    }
}

/// One row for each fleet.
pub(super) fn table(seen: &[Failover]) -> Table {
    let mut table = Table::new(&[
        "registered",
        "kills",
        "out of routing P50 ms",
        "P99 ms",
        "longest ms",
        "question P50 ms",
        "added P50 ms",
        "added P99 ms",
        "longest ms",
        "disturbed",
        "moved",
        "failed",
    ]);
    for fleet in seen {
        let Failover {
            out_of_routing,
            added,
            round_trip,
            ..
        } = fleet;
        let millis = |us: f64| figure(Some(us / 1e3), 2);
        table.row([
            figure(Some(fleet.registered as f64), 0),
            fleet.kills.to_string(),
            millis(out_of_routing.p50_us),
            millis(out_of_routing.p99_us),
            millis(out_of_routing.max_us),
            millis(round_trip.p50_us),
            millis(added.p50_us),
            millis(added.p99_us),
            millis(added.max_us),
            added.count.to_string(),
            fleet.moved.to_string(),
            fleet.failed.to_string(),
        ]);
    }
    table
}
