//! An instance is paused: its connections stay open, its heartbeats stop, and what it was working on
//! hangs. Nothing proves that it is gone, so it is asked.

use std::time::{Duration, Instant};

use aegis_types::Safety;
use anyhow::Context as _;
use rustix::process::Signal;

use super::PAUSED;
use super::report::{Pause, shown};
use super::stage::Stage;
use super::tally::Tally;
use super::waker::Waker;
use super::watch;

/// How long it stands still. Longer than the router's probe takes (1.5 s) and than the first attempt of an
/// idempotent call (a third of the call's 5 s), so that such calls are seen to move; shorter than the
/// lease (its end would settle calls that may not run twice as *outcome unknown*) and than the call's
/// time (so that these, which must wait, are answered once it runs again).
const PAUSE: Duration = Duration::from_millis(2300);

/// What is known of the pause.
pub(super) struct Paused {
    pid: u32,
    in_flight: u64,
    at: Instant,
    noticed: Instant,
    reason: String,
    resumed: Instant,
    recovered: Recovered,
}

/// What is known of its return.
struct Recovered {
    healthy: Instant,
    ejected: bool,
    routable: Instant,
}

/// Pauses an instance with SIGSTOP, watches the router notice, and lets it go on.
pub(super) async fn pause(stage: &mut Stage<'_>) -> anyhow::Result<Paused> {
    let pid = stage
        .fleet
        .pid(PAUSED)
        .with_context(|| format!("no instance {PAUSED}"))?;
    let waker = Waker::of(pid)?;
    let at = stage.fleet.signal(PAUSED, Signal::STOP)?;
    stage.progress.tell(
        "pause",
        &format!(
            "{PAUSED} (pid {pid}) with SIGSTOP: it says nothing, and its connections stay open"
        ),
    );
    let (noticed, entry) =
        watch::until_entry(&stage.operator, PAUSED, "noticed to be paused", |entry| {
            entry.health != "healthy"
        })
        .await?;
    stage.progress.tell(
        "noticed",
        &format!(
            "after {}: {}; from now on it is used last",
            shown(noticed - at),
            entry.reason.replace('_', " ")
        ),
    );
    stage.show().await?;
    tokio::time::sleep_until((at + PAUSE).into()).await;
    let in_flight = stage.in_flight(PAUSED).await?;
    let resumed = stage.fleet.signal(PAUSED, Signal::CONT)?;
    drop(waker);
    let moved = stage.load.so_far().moved(at, resumed);
    stage.progress.tell(
        "resume",
        &format!(
            "with SIGCONT after {}: {moved} idempotent calls had moved on, {in_flight} calls still wait for it",
            shown(resumed - at)
        ),
    );
    let recovered = recover(stage, resumed).await?;
    Ok(Paused {
        pid,
        in_flight,
        at,
        noticed,
        reason: entry.reason,
        resumed,
        recovered,
    })
}

/// Waits until it is healthy again, and until calls go to it again, which may be later.
async fn recover(stage: &mut Stage<'_>, resumed: Instant) -> anyhow::Result<Recovered> {
    let (healthy, entry) = watch::until_entry(&stage.operator, PAUSED, "healthy again", |entry| {
        entry.health == "healthy"
    })
    .await?;
    let mut detail = format!("again after {}", shown(healthy - resumed));
    let ejected = entry.ejected_for_ms > 0;
    if ejected {
        let more = Duration::from_millis(entry.ejected_for_ms);
        detail.push_str(&format!(
            "; calls timed out on it in a row, so it gets none for another {}",
            shown(more)
        ));
    }
    stage.progress.tell("healthy", &detail);
    let (routable, _) = watch::until_entry(&stage.operator, PAUSED, "routable again", |entry| {
        entry.health == "healthy" && entry.routable
    })
    .await?;
    stage
        .progress
        .tell("back", &format!("after {}", shown(routable - resumed)));
    stage.show().await?;
    Ok(Recovered {
        healthy,
        ejected,
        routable,
    })
}

impl Paused {
    /// What the report says of it, once every call has ended.
    pub(super) fn report(self, tally: &Tally) -> Pause {
        let Recovered {
            healthy,
            ejected,
            routable,
        } = self.recovered;
        let during = tally.during(self.at, routable);
        Pause {
            instance: PAUSED.to_owned(),
            pid: self.pid,
            lasted: self.resumed - self.at,
            noticed_after: self.noticed - self.at,
            reason: self.reason,
            failed: during.failed,
            outcome_unknown: during.outcome_unknown,
            moved: tally.moved(self.at, self.resumed),
            in_flight: self.in_flight,
            waited: tally.waited(Safety::AtMostOnce, self.noticed, self.resumed),
            healthy_after: healthy - self.resumed,
            ejected,
            routable_after: routable - self.resumed,
        }
    }
}
