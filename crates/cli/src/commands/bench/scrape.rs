//! `bench scrape`: a crowd of instances whose router's numbers are asked for each second, beside one
//! whose are not.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aegis_bench::{CrowdReport, Latency, Recorder, Watched};
use anyhow::{Context as _, bail};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::heartbeat::{self, FILES_BESIDE, REPORT_PATIENCE};
use super::system::System;
use super::{files, page, scratch};
use crate::args::bench::{CrowdArgs, ScrapeBenchArgs};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::own_router::OwnRouter;
use crate::printer::Printer;

/// As Prometheus is usually set up for this, and as often as was asked for.
const EVERY: Duration = Duration::from_secs(1);
/// Into each second of the wall clock: a scrape begins and ends in the first half, and the heartbeats
/// of the second half are its control.
const BEGINS: Duration = Duration::from_millis(100);
/// A scrape that has not ended by then never will.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a quick run has in place of the asked crowd.
const QUICK: (u32, Duration) = (100, Duration::from_millis(1500));

/// Everything that was seen of scrapes.
#[derive(Debug, Serialize)]
pub(super) struct Scrapes {
    pub(super) instances: u32,
    pub(super) seconds: f64,
    /// Nobody asks.
    pub(super) unasked: CrowdReport,
    /// Somebody asks each second.
    pub(super) asked: CrowdReport,
    /// From the dial to the last byte of the answer.
    pub(super) took: Latency,
    /// Lines of the last answer that are a number.
    pub(super) series: usize,
    /// Bytes of the last answer.
    pub(super) bytes: usize,
}

pub(super) async fn run(args: &ScrapeBenchArgs, printer: &Printer) -> Outcome {
    let seen = measure(&args.crowd, args.quick, printer)
        .await
        .map_err(|error| Failure::new(ExitCode::Failure, error))?;
    let text = page::scrape::section(&seen).text();
    printer.object(&seen, text.trim_end())?;
    Ok(())
}

/// Measures both crowds, each with a router of its own.
pub(super) async fn measure(
    crowd: &CrowdArgs,
    quick: bool,
    printer: &Printer,
) -> anyhow::Result<Scrapes> {
    let (instances, lasting) = if quick {
        QUICK
    } else {
        (crowd.instances, crowd.lasting)
    };
    files::allow(u64::from(instances) + FILES_BESIDE)?;
    printer.note(&format!("a crowd of {instances} instances, not scraped"));
    let (unasked, _) = crowd_of(instances, lasting, false).await?;
    printer.note(&format!("a crowd of {instances} instances, scraped"));
    let (asked, scraped) = crowd_of(instances, lasting, true).await?;
    Ok(Scrapes {
        instances,
        seconds: lasting.as_secs_f64(),
        unasked,
        asked,
        took: scraped.took.summary(),
        series: scraped.last.lines().filter(is_number).count(),
        bytes: scraped.last.len(),
    })
}

fn is_number(line: &&str) -> bool {
    !line.starts_with('#') && !line.is_empty()
}

/// What scrapes came to.
#[derive(Default)]
struct Scraped {
    took: Recorder,
    last: String,
}

async fn crowd_of(
    instances: u32,
    lasting: Duration,
    scrapes: bool,
) -> anyhow::Result<(CrowdReport, Scraped)> {
    let folder = scratch()?;
    let router = OwnRouter::start(folder.path(), &[]).await?;
    let watched = vec![Watched {
        name: "router".to_owned(),
        pid: router.process.pid(),
    }];
    let order = heartbeat::crowd_order(router.url.clone(), instances, lasting, true, watched);
    let mut crowded = System::Aegis.start_worker("crowd", &order, folder.path())?;
    let mut scraped = Scraped::default();
    let report = crowded.hear(lasting + REPORT_PATIENCE);
    if !scrapes {
        return Ok((report.await?, scraped));
    }
    let report = tokio::select! {
        report = report => report?,
        error = scrape_on(&router.admin, &mut scraped) => return Err(error),
    };
    Ok((report, scraped))
}

/// Scrapes until it is dropped, or one fails.
async fn scrape_on(admin: &str, scraped: &mut Scraped) -> anyhow::Error {
    let mut ticks = interval_at(Instant::now() + until_the_next(), EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let began = Instant::now();
        match timeout(PATIENCE, scrape(admin)).await {
            Ok(Ok(text)) => {
                scraped.took.record(began.elapsed());
                scraped.last = text;
            }
            Ok(Err(error)) => return error.context("a scrape"),
            Err(_) => return anyhow::anyhow!("a scrape was not answered within {PATIENCE:?}"),
        }
    }
}

/// How long it is until a scrape is to begin.
fn until_the_next() -> Duration {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    let into_second = since_epoch.unwrap_or_default().subsec_nanos();
    let wait = EVERY + BEGINS - Duration::from_nanos(u64::from(into_second));
    if wait > EVERY { wait - EVERY } else { wait }
}

/// One request, whose answer ends with the connection.
async fn scrape(admin: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(admin).await?;
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or(io::ErrorKind::UnexpectedEof)
        .map_err(io::Error::from)
        .context("the answer has no body")?;
    if !head.starts_with("HTTP/1.1 200") {
        bail!("{}", head.lines().next().unwrap_or_default());
    }
    Ok(body.to_owned())
}
