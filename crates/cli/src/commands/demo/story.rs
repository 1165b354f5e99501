//! What happens, in order.

use std::time::{Duration, Instant};

use aegis_client::{Client, InstanceEntry};
use aegis_types::Safety;
use anyhow::Context as _;
use serde::Serialize;

use super::fleet::Fleet;
use super::load::{CALLERS, CALLS_PER_SECOND, Load};
use super::progress::Progress;
use super::report::{Calls, Latency, Loss, Recovery, Report, Settings, shown};
use super::tally::{Counts, Tally};
use super::watch::{self, Noticed};
use super::{HEARTBEAT_INTERVAL, INSTANCES, LEASE_TTL, VICTIM, WORK};
use crate::commands::toy_service::SERVICE;
use crate::exit_code::ExitCode;
use crate::failure::{Failure, Outcome};
use crate::printer::{self, Printer, Row};

/// Each scene lasts this long: long enough for over a thousand calls, short enough to watch.
const SCENE: Duration = Duration::from_secs(3);
/// Reasons of failed calls that are told.
const REASONS: usize = 5;

/// Tells the story to its end.
///
/// # Errors
/// When something stands in its way; a broken promise is not an error here, but in the report.
pub(super) async fn tell(printer: &Printer) -> Outcome<Report> {
    printer.note("A service, one of its processes killed under load, and every call that is safe to move answered.");
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

async fn tell_with(fleet: &mut Fleet, progress: &Progress<'_>) -> anyhow::Result<Report> {
    let operator = open_scene(fleet, progress).await?;
    let mut load = start_load(fleet, progress).await?;
    scene(&mut load, progress).await;
    let killed = kill(fleet, &operator, progress).await?;
    scene(&mut load, progress).await;
    let (restarted, routable) = restart(fleet, &operator, progress).await?;
    scene(&mut load, progress).await;
    let tally = load.finish().await;
    watch::until_witnessed(fleet.ledger(), tally.counts(Safety::AtMostOnce).answered).await?;
    report(
        fleet,
        progress.started(),
        killed,
        restarted,
        routable,
        &tally,
    )
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
    show(fleet, progress, &instances);
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

/// Lets the load run, and tells how it goes.
async fn scene(load: &mut Load, progress: &Progress<'_>) {
    tokio::time::sleep(SCENE).await;
    let Counts {
        made,
        answered,
        outcome_unknown,
        failed,
    } = load.so_far().all();
    let detail = format!(
        "{made} so far: {answered} answered, {failed} failed, {outcome_unknown} outcome unknown"
    );
    progress.tell("calls", &detail);
}

/// What is known of the kill.
struct Killed {
    pid: u32,
    in_flight: u64,
    at: Instant,
    noticed: Noticed,
}

async fn kill(
    fleet: &mut Fleet,
    operator: &Client,
    progress: &Progress<'_>,
) -> anyhow::Result<Killed> {
    let before = operator.instances(SERVICE).await?;
    let (victim, at) = fleet.kill(VICTIM)?;
    let noticed = watch::until_lost(operator, VICTIM).await?;
    let pid = victim.process.pid();
    // Only now is it reaped: until here nothing but the router could have told anybody.
    drop(victim);
    let on_victim = before.iter().filter(|entry| entry.instance == VICTIM);
    let in_flight = on_victim.map(|entry| entry.in_flight).sum();
    progress.tell(
        "kill -9",
        &format!("{VICTIM} (pid {pid}), with {in_flight} calls in flight on it"),
    );
    let noticed_after = shown(noticed.unwell.duration_since(at));
    progress.tell(
        "noticed",
        &format!(
            "after {noticed_after}: {}",
            noticed.reason.replace('_', " ")
        ),
    );
    show(fleet, progress, &operator.instances(SERVICE).await?);
    Ok(Killed {
        pid,
        in_flight,
        at,
        noticed,
    })
}

async fn restart(
    fleet: &mut Fleet,
    operator: &Client,
    progress: &Progress<'_>,
) -> anyhow::Result<(Instant, Instant)> {
    let restarted = Instant::now();
    let pid = fleet.start_instance(VICTIM)?;
    progress.tell("restart", &format!("{VICTIM} (now pid {pid})"));
    let instances = watch::until_routable(operator, &[VICTIM]).await?;
    let routable = Instant::now();
    progress.tell("back", &format!("after {}", shown(routable - restarted)));
    show(fleet, progress, &instances);
    Ok((restarted, routable))
}

fn report(
    fleet: &Fleet,
    started: Instant,
    killed: Killed,
    restarted: Instant,
    routable: Instant,
    tally: &Tally,
) -> anyhow::Result<Report> {
    let (idempotent, at_most_once) = (
        tally.counts(Safety::Idempotent),
        tally.counts(Safety::AtMostOnce),
    );
    let run_twice = fleet.ledger().run_twice();
    let calm_median = tally.calm_median(killed.at).unwrap_or_default();
    let worst_after_kill = tally.worst(killed.at, restarted).unwrap_or_default();
    let first_answer = tally
        .first_answer(VICTIM, restarted)
        .context("the restarted instance answered no call")?;
    let all = tally.all();
    Ok(Report {
        passed: all.failed == 0 && run_twice == 0,
        duration: started.elapsed(),
        settings: Settings {
            heartbeat_interval: HEARTBEAT_INTERVAL,
            lease_ttl: LEASE_TTL,
            instances: INSTANCES.len(),
            calls_per_second: CALLS_PER_SECOND,
        },
        calls: Calls {
            all,
            rerouted: tally.rerouted(),
            run_twice,
            idempotent,
            at_most_once,
            reasons: tally.failures().take(REASONS).map(str::to_owned).collect(),
        },
        loss: Loss {
            instance: VICTIM.to_owned(),
            pid: killed.pid,
            in_flight: killed.in_flight,
            noticed_after: killed.noticed.unwell.duration_since(killed.at),
            out_of_routing_after: killed.noticed.out_of_routing.duration_since(killed.at),
            reason: killed.noticed.reason,
        },
        latency: Latency {
            calm_median,
            worst_after_kill,
            worst_added: worst_after_kill.saturating_sub(calm_median),
        },
        recovery: Recovery {
            routable_after: routable - restarted,
            first_answer_after: first_answer.saturating_duration_since(restarted),
        },
    })
}

fn show(fleet: &Fleet, progress: &Progress<'_>, instances: &[InstanceEntry]) {
    let seen: Vec<Seen> = instances
        .iter()
        .map(|entry| Seen {
            instance: entry.instance.clone(),
            pid: fleet
                .pid(&entry.instance)
                .map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
            health: entry.health.clone(),
            reason: entry.reason.clone(),
            routable: entry.routable,
        })
        .collect();
    progress.show(&printer::table(&seen));
}

/// A span that somebody set: round.
fn plain(span: Duration) -> String {
    format!("{span:?}")
}

/// One instance as the story shows it.
#[derive(Debug, Serialize)]
struct Seen {
    instance: String,
    pid: String,
    health: String,
    reason: String,
    routable: bool,
}

impl Row for Seen {
    const HEADER: &'static [&'static str] = &["INSTANCE", "PID", "HEALTH", "REASON", "ROUTABLE"];

    fn cells(&self) -> Vec<String> {
        let routable = if self.routable { "yes" } else { "no" };
        vec![
            self.instance.clone(),
            self.pid.clone(),
            self.health.clone(),
            self.reason.clone(),
            routable.to_owned(),
        ]
    }
}
