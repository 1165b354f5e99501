//! What is said of heartbeats.

use std::time::Duration;

use aegis_bench::{CrowdReport, FloodReport, median, ratio};

use super::super::heartbeat::{Crowd, FloodRuns, Heartbeats};
use super::section::{Section, Table, figure};
use super::target::Target;

/// The crowd that the targets are about.
const ASKED_INSTANCES: u32 = 10_000;
/// And how long it has to last.
const ASKED_SECONDS: f64 = 60.0;

/// Floods, the crowd, and the one instance.
pub(in super::super) fn section(seen: &Heartbeats) -> Section {
    let instance = figure(seen.instance_cores.map(|cores| cores * 100.0), 3);
    Section {
        title: "Heartbeats",
        method: format!(
            "As fast as they are taken: one program sends heartbeats of 1,000 instances over bare sockets, to the router and to\n\
             nats-server with a subscriber that decodes each and notes when its instance was last heard of. The clock stops when\n\
             the last one has been taken, and the router's own count says whether any was lost. Then a crowd: {} instances with\n\
             a connection each send one acknowledged heartbeat per second for {:?} (to the control they are not acknowledged).\n\
             One SDK instance with default settings and nothing to do but its heartbeats used {instance} % of a core.",
            seen.crowd.instances,
            Duration::from_secs_f64(seen.crowd.seconds)
        ),
        tables: vec![floods(&seen.floods), crowd(&seen.crowd)],
        targets: targets(seen),
    }
}

fn rates(reports: &[FloodReport]) -> Vec<f64> {
    reports.iter().map(|report| report.per_second).collect()
}

fn floods(floods: &[FloodRuns]) -> Table {
    let mut table = Table::new(&[
        "heartbeats",
        "system",
        "per second",
        "x",
        "bytes",
        "CPU us: router or nats-server",
        "subscriber",
        "lost",
    ]);
    for flood in floods {
        let ours = [("aegis", &flood.aegis), ("nats", &flood.nats)];
        for (system, reports) in ours.into_iter().filter(|(_, reports)| !reports.is_empty()) {
            let rates_here = rates(reports);
            let bytes = reports.last().map(|report| report.bytes as f64);
            let used = |name: &'static str| {
                let of = |report: &FloodReport| {
                    report.used.iter().find(|used| used.name == name)?.cpu_us
                };
                median(reports.iter().filter_map(of))
            };
            let broker = used("router").or_else(|| used("nats-server"));
            table.row([
                flood.title.to_owned(),
                system.to_owned(),
                figure(median(rates_here.clone()), 0),
                figure(ratio(&rates_here, &rates(&flood.nats)), 2),
                figure(bytes, 0),
                figure(broker, 2),
                figure(used("subscriber"), 2),
                if system == "aegis" {
                    flood.lost.to_string()
                } else {
                    "0".to_owned()
                },
            ]);
        }
    }
    table
}

fn crowd(crowd: &Crowd) -> Table {
    crowd_table([("aegis", Some(&crowd.aegis)), ("nats", crowd.nats.as_ref())])
}

/// One row for each crowd that there was.
pub(super) fn crowd_table<'a>(
    crowds: impl IntoIterator<Item = (&'static str, Option<&'a CrowdReport>)>,
) -> Table {
    let mut table = Table::new(&[
        "crowd",
        "connected after s",
        "registered after s",
        "heartbeats",
        "P50 ms",
        "P99 ms",
        "longest ms",
        "late",
        "failed",
        "cores",
        "MB",
    ]);
    for (system, report) in crowds {
        let Some(report) = report else { continue };
        let answered = report.lateness.count > 0;
        let millis = |us: f64| figure(answered.then_some(us / 1e3), 2);
        let broker = report.shares.first();
        let megabytes = broker
            .and_then(|share| share.resident)
            .map(|bytes| bytes as f64 / 1e6);
        table.row([
            system.to_owned(),
            figure(Some(report.connected_after.as_secs_f64()), 2),
            figure(report.registered_after.map(|span| span.as_secs_f64()), 3),
            figure(Some(report.sent as f64), 0),
            millis(report.lateness.p50_us),
            millis(report.lateness.p99_us),
            millis(report.lateness.max_us),
            if answered {
                report.late.to_string()
            } else {
                "-".to_owned()
            },
            report.failed.to_string(),
            figure(broker.and_then(|share| share.cores), 3),
            figure(megabytes, 1),
        ]);
    }
    table
}

fn targets(seen: &Heartbeats) -> Vec<Target> {
    let flood = |name: &str| seen.floods.iter().find(|flood| flood.flood == name);
    let rate = |name| flood(name).and_then(|flood| median(rates(&flood.aegis)));
    let lost: u64 = seen.floods.iter().map(|flood| flood.lost).sum();
    let asked = seen.crowd.instances >= ASKED_INSTANCES && seen.crowd.seconds >= ASKED_SECONDS;
    let report = &seen.crowd.aegis;
    let crowd = |value: Option<f64>| value.filter(|_| asked);
    let router = report.shares.first();
    let cores = router.and_then(|share| share.cores);
    let megabytes = router
        .and_then(|share| share.resident)
        .map(|bytes| bytes as f64 / 1e6);
    let registered = report.registered_after.map(|span| span.as_secs_f64());
    let instance = seen.instance_cores.map(|cores| cores * 100.0);
    let whole = |target: Target, unit| target.shown(0, unit);
    vec![
        whole(
            Target::at_least("heartbeats from 1 connection", 1_500_000.0, rate("conn1")),
            "/s",
        ),
        whole(
            Target::at_least(
                "heartbeats from 1,000 connections",
                150_000.0,
                rate("conn1000"),
            ),
            "/s",
        ),
        whole(
            Target::at_most("heartbeats lost", 0.0, Some(lost as f64)),
            "",
        ),
        whole(
            Target::at_most(
                "10,000 instances: heartbeats late",
                0.0,
                crowd(Some(report.late as f64)),
            ),
            "",
        ),
        whole(
            Target::at_most(
                "10,000 instances: heartbeats failed",
                0.0,
                crowd(Some(report.failed as f64)),
            ),
            "",
        ),
        Target::at_most("10,000 instances: router", 0.15, crowd(cores)).shown(3, " cores"),
        Target::at_most("10,000 instances: router", 60.0, crowd(megabytes)).shown(1, " MB"),
        Target::at_most("10,000 registrations", 0.5, crowd(registered)).shown(3, " s"),
        Target::at_most("one instance with heartbeats on", 0.1, instance).shown(3, " % of a core"),
    ]
}
