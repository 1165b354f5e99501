//! What happens, in order.

use std::time::{Duration, Instant};

use aegis_client::Client;
use aegis_types::Safety;
use anyhow::Context as _;

use super::drain::{self, Drained};
use super::fleet::Fleet;
use super::kill::{self, Killed, Restarted};
use super::load::{CALLERS, CALLS_PER_SECOND, Load};
use super::pause::{self, Paused};
use super::progress::Progress;
use super::report::{Calls, Latency, Recovery, Report, Settings};
use super::stage::{self, Stage};
use super::tally::Tally;
use super::watch;
use super::{HEARTBEAT_INTERVAL, INSTANCES, LEASE_TTL, VICTIM, WORK};
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::Printer;

/// Reasons of failed calls that are told.
const REASONS: usize = 5;

/// Tells the story to its end.
///
/// # Errors
/// When something stands in its way; a broken promise is not an error here, but in the report.
pub(super) async fn tell(printer: &Printer) -> Outcome<Report> {
    printer.note("A service under load: one process killed, one paused, one replaced in order. Watch the calls go on.");
    let progress = Progress::new(printer);
    let mut fleet = Fleet::start().await.map_err(failed)?;
    let told = tell_with(&mut fleet, &progress).await;
    told.map_err(|error| {
        printer.note(&format!(
            "what the processes logged last:\n{}",
            fleet.last_words()
        ));
        failed(error)
    })
}

fn failed(error: anyhow::Error) -> Failure {
    Failure::new(
        ExitCode::Failure,
        error.context("the demo could not be told to its end"),
    )
}

/// What the scenes found out, in their order.
struct Scenes {
    killed: Killed,
    restarted: Restarted,
    paused: Paused,
    drained: Drained,
}

async fn tell_with(fleet: &mut Fleet, progress: &Progress<'_>) -> anyhow::Result<Report> {
    let operator = open_scene(fleet, progress).await?;
    let load = start_load(fleet, progress).await?;
    let mut stage = Stage {
        fleet,
        operator,
        load,
        progress,
    };
    let scenes = play(&mut stage).await?;
    let Stage { fleet, load, .. } = stage;
    let tally = load.finish().await;
    watch::until_witnessed(fleet.ledger(), tally.counts(Safety::AtMostOnce).answered).await?;
    report(fleet, progress.started(), scenes, &tally)
}

async fn play(stage: &mut Stage<'_>) -> anyhow::Result<Scenes> {
    stage.scene().await;
    let killed = kill::kill(stage).await?;
    stage.scene().await;
    let restarted = kill::start_again(stage, VICTIM).await?;
    stage.scene().await;
    let paused = pause::pause(stage).await?;
    stage.scene().await;
    let drained = drain::drain(stage).await?;
    stage.scene().await;
    Ok(Scenes {
        killed,
        restarted,
        paused,
        drained,
    })
}

/// A router, three instances, and somebody who asks about them.
async fn open_scene(fleet: &mut Fleet, progress: &Progress<'_>) -> anyhow::Result<Client> {
    let router = format!(
        "pid {} at {}: heartbeats every {}, a lease lasts {}",
        fleet.router_pid(),
        fleet.url(),
        plain(HEARTBEAT_INTERVAL),
        plain(LEASE_TTL)
    );
    progress.tell("router", &router);
    for id in INSTANCES {
        fleet.start_instance(id)?;
    }
    let operator = Client::builder()
        .name("operator")
        .connect(fleet.url())
        .await?;
    let instances = watch::until_routable(&operator, &INSTANCES).await?;
    progress.tell(
        "instances",
        "three processes, each registered and sending heartbeats by itself:",
    );
    stage::show(fleet, progress, &instances);
    Ok(operator)
}

async fn start_load(fleet: &Fleet, progress: &Progress<'_>) -> anyhow::Result<Load> {
    let mut callers = Vec::new();
    for number in 1..=CALLERS {
        callers.push(
            Client::builder()
                .name(format!("caller-{number}"))
                .connect(fleet.url())
                .await?,
        );
    }
    let detail = format!(
        "{CALLS_PER_SECOND} calls a second from {CALLERS} callers, {} of work each; half idempotent, half at most once",
        plain(WORK)
    );
    progress.tell("load", &detail);
    Ok(Load::start(callers))
}

fn report(
    fleet: &Fleet,
    started: Instant,
    scenes: Scenes,
    tally: &Tally,
) -> anyhow::Result<Report> {
    let Scenes {
        killed,
        restarted,
        paused,
        drained,
    } = scenes;
    let first_answer = tally
        .first_answer(VICTIM, restarted.at)
        .context("the restarted instance answered no call")?;
    Ok(Report {
        passed: false,
        duration: started.elapsed(),
        settings: Settings {
            heartbeat_interval: HEARTBEAT_INTERVAL,
            lease_ttl: LEASE_TTL,
            instances: INSTANCES.len(),
            calls_per_second: CALLS_PER_SECOND,
        },
        calls: Calls {
            all: tally.all(),
            rerouted: tally.rerouted(),
            run_twice: fleet.ledger().run_twice(),
            idempotent: tally.counts(Safety::Idempotent),
            at_most_once: tally.counts(Safety::AtMostOnce),
            reasons: tally.failures().take(REASONS).map(str::to_owned).collect(),
        },
        latency: latency(tally, killed.at, restarted.at),
        loss: killed.loss(),
        recovery: Recovery {
            routable_after: restarted.routable - restarted.at,
            first_answer_after: first_answer.saturating_duration_since(restarted.at),
        },
        pause: paused.report(tally),
        drain: drained.report(tally),
    }
    .judged())
}

/// What the kill cost the calls that were answered.
fn latency(tally: &Tally, killed: Instant, restarted: Instant) -> Latency {
    let calm_median = tally.calm_median(killed).unwrap_or_default();
    let worst_after_kill = tally.worst(killed, restarted).unwrap_or_default();
    Latency {
        calm_median,
        worst_after_kill,
        worst_added: worst_after_kill.saturating_sub(calm_median),
    }
}

/// A span that somebody set: round.
fn plain(span: Duration) -> String {
    format!("{span:?}")
}
