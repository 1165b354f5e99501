//! What is said of the product on a NATS server.

use super::super::on_nats::OnNats;
use super::section::{Section, Table, figure};
use super::target::Target;
use super::{call, failover, heartbeat};

/// The crowd that the target is about.
const ASKED_INSTANCES: u32 = 10_000;
/// And how long it has to last.
const ASKED_SECONDS: f64 = 60.0;

/// Calls, heartbeats and kills on a NATS server.
pub(in super::super) fn section(seen: &OnNats) -> Section {
    let failed = Some(seen.failover.failed as f64);
    let router = seen.crowd.shares.first().and_then(|share| share.cores);
    let asked = seen.instances >= ASKED_INSTANCES && seen.seconds >= ASKED_SECONDS;
    let busy = router.filter(|_| asked).map(|cores| cores * 100.0);
    let [rate, p50, cpu] = call::on_nats(&seen.calls);
    let x = |target: Target| target.shown(2, " x");
    Section {
        title: "On a NATS server",
        method: format!(
            "The router as a client of nats-server, with a user of its system account: a call goes through the server four times where\n\
             plain request and reply goes twice. The control is plain request and reply through a server of its own, in the same rounds.\n\
             Then {} instances with a connection each and one acknowledged heartbeat per second for {} s, and kills as under *Failover*:\n\
             the server's disconnect events say who is gone.",
            figure(Some(f64::from(seen.instances)), 0),
            seen.seconds
        ),
        tables: vec![
            call::closed(&seen.calls),
            call::processors(&seen.calls),
            heartbeat::crowd_table([("aegis on nats", Some(&seen.crowd))]),
            kills(seen),
        ],
        targets: vec![
            x(Target::at_least(
                "on nats: calls/s, 64 in flight",
                0.4,
                rate,
            )),
            x(Target::at_most("on nats: P50, 64 in flight", 2.6, p50)),
            Target::at_most("on nats: router CPU per call, 64 in flight", 7.0, cpu).shown(2, " us"),
            Target::at_most("on nats: 10,000 instances: router", 10.0, busy)
                .shown(1, " % of a core"),
            Target::at_most("on nats: SIGKILL: calls that failed", 0.0, failed).shown(0, ""),
            Target::at_most(
                "on nats: SIGKILL: added latency, P99",
                20.0,
                Some(seen.failover.added.p99_us / 1e3),
            )
            .shown(2, " ms"),
        ],
    }
}

fn kills(seen: &OnNats) -> Table {
    failover::table(std::slice::from_ref(&seen.failover))
}
