//! An instance is killed, and started again.

use std::time::Instant;

use super::VICTIM;
use super::report::{Loss, shown};
use super::stage::Stage;
use super::watch::{self, Noticed};

/// What is known of the kill.
pub(super) struct Killed {
    pub(super) pid: u32,
    pub(super) in_flight: u64,
    pub(super) at: Instant,
    pub(super) noticed: Noticed,
}

impl Killed {
    /// What the report says of it.
    pub(super) fn loss(self) -> Loss {
        Loss {
            instance: VICTIM.to_owned(),
            pid: self.pid,
            in_flight: self.in_flight,
            noticed_after: self.noticed.unwell.duration_since(self.at),
            out_of_routing_after: self.noticed.out_of_routing.duration_since(self.at),
            reason: self.noticed.reason,
        }
    }
}

/// What is known of the new process.
pub(super) struct Restarted {
    pub(super) at: Instant,
    pub(super) routable: Instant,
}

/// Kills an instance with SIGKILL and watches the router notice.
pub(super) async fn kill(stage: &mut Stage<'_>) -> anyhow::Result<Killed> {
    let in_flight = stage.in_flight(VICTIM).await?;
    let (victim, at) = stage.fleet.kill(VICTIM)?;
    let noticed = watch::until_lost(&stage.operator, VICTIM).await?;
    let pid = victim.process.pid();
    // Only now is it reaped: until here nothing but the router could have told anybody.
    drop(victim);
    stage.progress.tell(
        "kill -9",
        &format!("{VICTIM} (pid {pid}), with {in_flight} calls in flight on it"),
    );
    let noticed_after = shown(noticed.unwell.duration_since(at));
    stage.progress.tell(
        "noticed",
        &format!(
            "after {noticed_after}: {}",
            noticed.reason.replace('_', " ")
        ),
    );
    stage.show().await?;
    Ok(Killed {
        pid,
        in_flight,
        at,
        noticed,
    })
}

/// Starts an instance that has ended, and waits until calls go to it.
pub(super) async fn start_again(stage: &mut Stage<'_>, id: &str) -> anyhow::Result<Restarted> {
    let at = Instant::now();
    let pid = stage.fleet.start_instance(id)?;
    stage
        .progress
        .tell("restart", &format!("{id} (now pid {pid})"));
    watch::until_routable(&stage.operator, &[id]).await?;
    let routable = Instant::now();
    stage
        .progress
        .tell("back", &format!("after {}", shown(routable - at)));
    stage.show().await?;
    Ok(Restarted { at, routable })
}
