//! An instance is replaced in order: the operator drains it, its work ends, its process ends, a new
//! one starts. No call should feel it.

use std::time::Instant;

use rustix::process::Signal;

use super::DRAINED;
use super::kill::{self, Restarted};
use super::report::{Drain, shown};
use super::stage::Stage;
use super::tally::Tally;
use super::watch;
use crate::commands::toy_service::SERVICE;

/// What is known of the replacement.
pub(super) struct Drained {
    pid: u32,
    in_flight: u64,
    asked: Instant,
    /// The router had taken the operator's word.
    taken: Instant,
    idle: Instant,
    stop_asked: Instant,
    ended: Instant,
    restarted: Restarted,
}

/// Drains an instance, watches that nothing goes to it, and replaces its process.
pub(super) async fn drain(stage: &mut Stage<'_>) -> anyhow::Result<Drained> {
    let in_flight = stage.in_flight(DRAINED).await?;
    let asked = Instant::now();
    stage.operator.drain_instance(SERVICE, DRAINED).await?;
    let taken = Instant::now();
    stage.progress.tell(
        "drain",
        &format!(
            "{DRAINED}, by the operator's word: no new calls, {in_flight} in flight may finish"
        ),
    );
    let (idle, _) = watch::until_entry(&stage.operator, DRAINED, "idle", |entry| {
        entry.in_flight == 0
    })
    .await?;
    stage
        .progress
        .tell("idle", &format!("after {}", shown(idle - asked)));
    stage.show().await?;
    stage.scene().await;

    let mut old = stage.fleet.take(DRAINED)?;
    let pid = old.process.pid();
    let stop_asked = old.process.signal(Signal::TERM)?;
    old.process.ended().await?;
    let ended = Instant::now();
    stage.progress.tell(
        "stop",
        &format!(
            "{DRAINED} (pid {pid}) with SIGTERM: it left in order within {}",
            shown(ended - stop_asked)
        ),
    );
    // The word was about the old process's life: the new one is given work without another.
    let restarted = kill::start_again(stage, DRAINED).await?;
    Ok(Drained {
        pid,
        in_flight,
        asked,
        taken,
        idle,
        stop_asked,
        ended,
        restarted,
    })
}

impl Drained {
    /// What the report says of it, once every call has ended.
    pub(super) fn report(self, tally: &Tally) -> Drain {
        let during = tally.during(self.asked, self.restarted.routable);
        Drain {
            instance: DRAINED.to_owned(),
            pid: self.pid,
            in_flight: self.in_flight,
            idle_after: self.idle - self.asked,
            calls: during.made,
            failed: during.failed,
            outcome_unknown: during.outcome_unknown,
            reached_it: tally.answered_by(DRAINED, self.taken, self.restarted.at),
            stopped_after: self.ended - self.stop_asked,
            routable_after: self.restarted.routable - self.restarted.at,
        }
    }
}
