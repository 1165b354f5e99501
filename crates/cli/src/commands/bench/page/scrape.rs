//! What is said of scrapes.

use aegis_bench::CrowdReport;

use super::super::scrape::Scrapes;
use super::heartbeat::crowd_table;
use super::section::{Section, Table, figure};
use super::target::Target;

/// The crowd that the targets are about.
const ASKED_INSTANCES: u32 = 10_000;

/// A crowd that is scraped, and one that is not.
pub(in super::super) fn section(seen: &Scrapes) -> Section {
    let is_asked = seen.instances >= ASKED_INSTANCES;
    let ms = |us: f64| Some(us / 1e3).filter(|_| is_asked);
    // What a scrape takes from the router's thread, for some milliseconds of each half second, shows in
    // the slowest hundredth of its heartbeats; the other half has whatever else the machine does, and
    // no scrape. The longest of all is one stall of one run, in either half: it is in the table.
    let [beside, without] = &seen.asked.halves;
    let delay = beside.p999_us - without.p999_us;
    Section {
        title: "Scrapes",
        method: format!(
            "`aegis router` with {} instances, a connection each and one acknowledged heartbeat per second for {} s: first alone, then\n\
             with `/metrics` read each second, also while they connect and register, from the dial to the last byte. Each scrape lies in the first half of a second, and the heartbeats\n\
             of the second half are their control in the same run.",
            figure(Some(f64::from(seen.instances)), 0),
            seen.seconds
        ),
        tables: vec![
            scrapes(seen),
            crowd_table([
                ("not scraped", Some(&seen.unasked)),
                ("scraped each second", Some(&seen.asked)),
            ]),
            halves(&seen.asked),
        ],
        targets: vec![
            Target::at_most(
                "10,000 instances: longest scrape",
                50.0,
                ms(seen.took.max_us),
            )
            .shown(1, " ms"),
            Target::at_most(
                "10,000 instances: P99.9 of heartbeats in the half seconds with a scrape, less that in those without",
                5.0,
                ms(delay),
            )
            .shown(1, " ms"),
        ],
    }
}

fn halves(crowd: &CrowdReport) -> Table {
    let mut table = Table::new(&[
        "half seconds",
        "heartbeats",
        "P50 ms",
        "P99 ms",
        "P99.9 ms",
        "longest ms",
    ]);
    let ms = |us: f64| figure(Some(us / 1e3), 2);
    for (which, seen) in ["with a scrape", "without"].iter().zip(&crowd.halves) {
        table.row([
            (*which).to_owned(),
            figure(Some(seen.count as f64), 0),
            ms(seen.p50_us),
            ms(seen.p99_us),
            ms(seen.p999_us),
            ms(seen.max_us),
        ]);
    }
    table
}

fn scrapes(seen: &Scrapes) -> Table {
    let mut table = Table::new(&[
        "scrapes",
        "series",
        "bytes",
        "P50 ms",
        "P99 ms",
        "longest ms",
    ]);
    let ms = |us: f64| figure(Some(us / 1e3), 1);
    table.row([
        figure(Some(seen.took.count as f64), 0),
        figure(Some(seen.series as f64), 0),
        figure(Some(seen.bytes as f64), 0),
        ms(seen.took.p50_us),
        ms(seen.took.p99_us),
        ms(seen.took.max_us),
    ]);
    table
}
