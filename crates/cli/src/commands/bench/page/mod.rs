//! The page that a benchmark writes: everything on it comes from the run, except the notes.

pub(super) mod call;
pub(super) mod failover;
pub(super) mod heartbeat;
mod machine;
mod notes;
pub(super) mod on_nats;
pub(super) mod scrape;
mod section;
mod target;

use jiff::Timestamp;

use super::runs::Runs;
use machine::Machine;
pub(super) use notes::write;
use section::{Section, Table};
use target::{Target, Verdict};

/// The whole page, up to its notes.
pub(super) fn page(runs: &Runs, sections: &[Section]) -> String {
    let mut page = head(runs);
    let targets: Vec<&Target> = sections
        .iter()
        .flat_map(|section| &section.targets)
        .collect();
    page.push_str(&summary(&targets));
    for section in sections {
        page.push_str(&section.text());
        page.push('\n');
    }
    page
}

fn head(runs: &Runs) -> String {
    let Machine {
        processor,
        cores,
        memory,
        system,
    } = Machine::look();
    let date = Timestamp::now().strftime("%Y-%m-%d");
    let version = env!("CARGO_PKG_VERSION");
    let control = runs.control.as_ref().map_or_else(
        || "none: ratios could not be taken".to_owned(),
        |control| {
            format!(
                "nats-server {}, with `async-nats` on both sides",
                control.version
            )
        },
    );
    let (rounds, span) = (runs.rounds, runs.span);
    let quick = if runs.quick {
        "\n**This was a quick run. It shows that everything runs; its figures mean nothing, and rates are at most 1,000 per second.**\n"
    } else {
        ""
    };
    format!(
        "# Performance\n\n\
         Written by `aegis bench all`; only the notes at the end are by hand. `cargo xtask bench all --write docs/performance.md`\n\
         builds what is needed, fetches a NATS server to compare with, and writes this page anew.\n{quick}\n\
         | | |\n|---|---|\n\
         | date | {date} |\n\
         | machine | {processor}, {cores} cores, {memory} |\n\
         | system | {system} |\n\
         | measured | aegis {version} |\n\
         | control | {control} |\n\
         | runs | {rounds} of each cell on each system, in turn; {warm_up:?} warm-up and {measured:?} measured unless said otherwise |\n\n\
         **Read ratios, not microseconds.** A figure is the median of its runs. *x* is its ratio to the control: of each round\n\
         the ratio, and of those the median, since a machine drifts between rounds more than within one. Every part is a\n\
         process of its own with one thread for its work, over loopback TCP: router, instance and caller, or nats-server,\n\
         responder and requester. CPU time is what the kernel counted for a process over the measured span.\n\n",
        warm_up = span.warm_up,
        measured = span.measured,
    )
}

/// What was asked for, in one table: first of all what was missed.
fn summary(targets: &[&Target]) -> String {
    let count = |verdict| {
        targets
            .iter()
            .filter(|target| target.verdict() == verdict)
            .count()
    };
    let (met, missed) = (count(Verdict::Met), count(Verdict::NotMet));
    let open = count(Verdict::NotMeasured);
    let mut table = Table::new(&["what", "asked", "measured", ""]);
    for target in targets {
        table.row(target.cells());
    }
    format!(
        "## Asked and measured\n\n{met} met, {missed} not met, {open} not measured.\n\n{}\n",
        table.markdown()
    )
}
