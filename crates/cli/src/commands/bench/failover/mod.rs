//! `bench failover`: instances are killed under load, and how soon that is over.

mod fleet;
mod load;

use std::time::{Duration, Instant};

use aegis_bench::{Latency, Recorder};
use aegis_client::{Client, Watch, WatchEvent};
use anyhow::{Context as _, bail};
use serde::Serialize;
use tokio::time::{sleep, timeout};

use super::SERVICE;
use super::system::System;
use crate::args::bench::{FailoverBenchArgs, KillArgs};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use fleet::Fleet;
pub(super) use fleet::KILLABLE;
use load::{Answered, Load};

/// What the router has not said by then it never will.
const PATIENCE: Duration = Duration::from_secs(20);
/// Calls flow undisturbed this long before each kill.
const CALM: Duration = Duration::from_millis(60);
/// A call that ends this long after a kill had nothing to do with it, if it began after it.
const DISTURBED: Duration = Duration::from_millis(50);

/// What was seen of all kills in one fleet.
#[derive(Debug, Serialize)]
pub(super) struct Failover {
    /// Instances registered in the service.
    pub(super) registered: usize,
    /// SIGKILLs.
    pub(super) kills: u32,
    /// From when kill(2) had returned until the event that said so was there.
    pub(super) out_of_routing: Latency,
    /// A question to the router and its answer, for comparison: the event's own way is half of it.
    pub(super) round_trip: Latency,
    /// Calls that were in flight at a kill or began just after: how much longer they took than calls
    /// usually do.
    pub(super) added: Latency,
    /// All other calls.
    pub(super) undisturbed: Latency,
    /// Calls that were answered by another instance than the one they were sent to first.
    pub(super) moved: u64,
    /// Calls that failed.
    pub(super) failed: u64,
    /// Why the first of them did.
    pub(super) failure: Option<String>,
}

pub(super) async fn run(args: &FailoverBenchArgs, printer: &Printer) -> Outcome {
    let seen = measure(&args.kills, args.quick, printer)
        .await
        .map_err(|error| Failure::new(ExitCode::Failure, error))?;
    printer.object(
        &seen,
        super::page::failover::section(&seen).text().trim_end(),
    )?;
    none_failed(&seen)
}

/// No call that may be repeated may fail because an instance was killed.
///
/// # Errors
/// When one did.
pub(super) fn none_failed(seen: &[Failover]) -> Outcome {
    match seen.iter().find_map(|fleet| fleet.failure.as_ref()) {
        None => Ok(()),
        Some(failure) => {
            let cause = anyhow::anyhow!("calls failed, the first with: {failure}");
            Err(Failure::new(ExitCode::Failure, cause))
        }
    }
}

/// Kills in a small service, and in a large one.
pub(super) async fn measure(
    args: &KillArgs,
    quick: bool,
    printer: &Printer,
) -> anyhow::Result<Vec<Failover>> {
    let (kills, large) = if quick { (3, 30) } else { (args.kills, 1_000) };
    let mut seen = Vec::new();
    for registered in [KILLABLE.len(), large] {
        printer.note(&format!(
            "{kills} kills with {registered} instances registered"
        ));
        seen.push(
            in_fleet(&System::Aegis, registered, kills)
                .await
                .with_context(|| format!("kills with {registered} instances"))?,
        );
    }
    Ok(seen)
}

/// Kills in one fleet.
pub(super) async fn in_fleet(
    system: &System,
    registered: usize,
    kills: u32,
) -> anyhow::Result<Failover> {
    let mut fleet = Fleet::start(system, registered).await?;
    let client = Client::connect(fleet.server()).await?;
    let mut watch = client.watch(Some(SERVICE))?;
    let load = Load::start(fleet.server())?;
    let (mut out_of_routing, mut round_trip) = (Recorder::default(), Recorder::default());
    let mut killed = Vec::new();
    for id in KILLABLE.iter().cycle().take(kills as usize) {
        sleep(CALM).await;
        let asked = Instant::now();
        client.router().await?;
        round_trip.record(asked.elapsed());

        let (dead, at) = fleet.kill(id)?;
        let out = until(&mut watch, id, false).await?;
        out_of_routing.record(out.saturating_duration_since(at));
        killed.push(at);
        // Only now is it reaped: until here nothing but the router could have told anybody.
        drop(dead);
        fleet.start_instance(id)?;
        until(&mut watch, id, true).await?;
    }
    sleep(CALM).await;
    let calls = load.stop()?;
    drop(watch);
    client.close().await;
    let mut undisturbed = Recorder::default();
    let is_disturbed = |began: Instant, ended: Instant| {
        killed
            .iter()
            .any(|at| began < *at + DISTURBED && ended > *at)
    };
    let (disturbed, others): (Vec<Answered>, Vec<Answered>) =
        (calls.answered.iter().copied()).partition(|call| is_disturbed(call.began, call.ended));
    for call in others {
        undisturbed.record(call.ended - call.began);
    }
    let undisturbed = undisturbed.summary();
    let usually = Duration::from_secs_f64(undisturbed.p50_us / 1e6);
    let mut added = Recorder::default();
    for call in disturbed {
        added.record((call.ended - call.began).saturating_sub(usually));
    }
    Ok(Failover {
        registered,
        kills,
        out_of_routing: out_of_routing.summary(),
        round_trip: round_trip.summary(),
        added: added.summary(),
        undisturbed,
        moved: calls
            .answered
            .iter()
            .filter(|call| call.attempt > 1)
            .count() as u64,
        failed: calls.failed,
        failure: calls.failure,
    })
}

/// Waits for the event that says whether calls go to an instance; when it was there.
async fn until(watch: &mut Watch, id: &str, routable: bool) -> anyhow::Result<Instant> {
    let heard = async {
        loop {
            let event = watch.next().await;
            let now = Instant::now();
            match event {
                Some(WatchEvent::InstanceChanged(change))
                    if change.instance == id && change.routable == routable =>
                {
                    return Ok(now);
                }
                Some(WatchEvent::Gap(gap)) => bail!("events were lost: {gap}"),
                Some(_) => {}
                None => bail!("the watch ended"),
            }
        }
    };
    let word = if routable {
        "routable"
    } else {
        "out of routing"
    };
    timeout(PATIENCE, heard)
        .await
        .with_context(|| format!("{id} was not {word} within {PATIENCE:?}"))?
}
