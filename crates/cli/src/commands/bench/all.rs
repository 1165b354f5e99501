//! `bench all`: everything, as one page.

use anyhow::Context as _;
use serde::Serialize;

use super::call::CellRuns;
use super::failover::Failover;
use super::heartbeat::Heartbeats;
use super::on_nats::OnNats;
use super::runs::Runs;
use super::scrape::Scrapes;
use super::{call, failover, heartbeat, on_nats, page, scrape};
use crate::args::bench::AllBenchArgs;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// Every figure of the page.
#[derive(Debug, Serialize)]
struct All {
    calls: Vec<CellRuns>,
    heartbeats: Heartbeats,
    scrapes: Scrapes,
    failover: Vec<Failover>,
    on_nats: Option<OnNats>,
}

pub(super) async fn run(args: &AllBenchArgs, printer: &Printer) -> Outcome {
    let runs = Runs::new(&args.runs, printer)?;
    let failed = |error| Failure::new(ExitCode::Failure, error);
    let all = measure(args, &runs, printer).await.map_err(failed)?;
    let mut sections = vec![
        page::call::by_rate(&all.calls),
        page::call::section(&all.calls),
        page::heartbeat::section(&all.heartbeats),
        page::scrape::section(&all.scrapes),
        page::failover::section(&all.failover),
    ];
    sections.extend(all.on_nats.as_ref().map(page::on_nats::section));
    let page = page::page(&runs, &sections);
    if let Some(file) = &args.write {
        page::write(file, &page).map_err(failed)?;
        printer.note(&format!("written to {}", file.display()));
    }
    printer.object(&all, page.trim_end())?;
    call::none_failed(&all.calls)?;
    failover::none_failed(&all.failover)?;
    all.on_nats.as_ref().map_or(Ok(()), on_nats::none_failed)
}

async fn measure(args: &AllBenchArgs, runs: &Runs, printer: &Printer) -> anyhow::Result<All> {
    let calls = call::measure(runs, printer).await.context("calls")?;
    let heartbeats = heartbeat::measure(runs, &args.crowd, printer)
        .await
        .context("heartbeats")?;
    let scrapes = scrape::measure(&args.crowd, runs.quick, printer)
        .await
        .context("scrapes")?;
    let failover = failover::measure(&args.kills, runs.quick, printer)
        .await
        .context("failover")?;
    let on_nats = on_nats::measure(runs, &args.crowd, &args.kills, printer).await?;
    Ok(All {
        calls,
        heartbeats,
        scrapes,
        failover,
        on_nats,
    })
}
