//! What every scene plays on: the processes, somebody who asks about them, and the load.

use std::time::Duration;

use aegis_client::{Client, InstanceEntry};
use serde::Serialize;

use super::fleet::Fleet;
use super::load::Load;
use super::progress::Progress;
use super::tally::Counts;
use crate::commands::toy_service::SERVICE;
use crate::printer::{self, Row};

/// Calls flow this long between two events: long enough for hundreds of them, short enough to watch.
const SCENE: Duration = Duration::from_millis(1750);

/// Everything that is there while calls flow.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    pub(super) fleet: &'a mut Fleet,
    pub(super) operator: Client,
    pub(super) load: Load,
    pub(super) progress: &'a Progress<'a>,
}

impl Stage<'_> {
    /// Lets the load run, and tells how it goes.
    pub(super) async fn scene(&mut self) {
        tokio::time::sleep(SCENE).await;
        let Counts {
            made,
            answered,
            outcome_unknown,
            failed,
        } = self.load.so_far().all();
        let detail = format!(
            "{made} so far: {answered} answered, {failed} failed, {outcome_unknown} outcome unknown"
        );
        self.progress.tell("calls", &detail);
    }

    /// Calls that an instance works on, as the router sees it.
    pub(super) async fn in_flight(&self, id: &str) -> anyhow::Result<u64> {
        let instances = self.operator.instances(SERVICE).await?;
        let on_it = instances.iter().filter(|entry| entry.instance == id);
        Ok(on_it.map(|entry| entry.in_flight).sum())
    }

    /// Shows the router's view of the instances.
    pub(super) async fn show(&self) -> anyhow::Result<()> {
        let instances = self.operator.instances(SERVICE).await?;
        show(self.fleet, self.progress, &instances);
        Ok(())
    }
}

/// Shows instances under the last line of the story.
pub(super) fn show(fleet: &Fleet, progress: &Progress<'_>, instances: &[InstanceEntry]) {
    let seen: Vec<Seen> = instances
        .iter()
        .map(|entry| Seen {
            instance: entry.instance.clone(),
            pid: fleet
                .pid(&entry.instance)
                .map_or_else(|| "-".to_owned(), |pid| pid.to_string()),
            health: entry.health.clone(),
            reason: entry.reason.clone(),
            routable: routable(entry),
        })
        .collect();
    progress.show(&printer::table(&seen));
}

/// Whether calls go to it, and if not, why where its health does not say it.
fn routable(entry: &InstanceEntry) -> &'static str {
    match (entry.routable, entry.health.as_str()) {
        (true, "suspect") => "used last",
        (true, _) => "yes",
        (false, _) if entry.operator.is_some() => "no: drained",
        (false, _) if entry.ejected_for_ms > 0 => "no: calls time out",
        (false, _) => "no",
    }
}

/// One instance as the story shows it.
#[derive(Debug, Serialize)]
struct Seen {
    instance: String,
    pid: String,
    health: String,
    reason: String,
    routable: &'static str,
}

impl Row for Seen {
    const HEADER: &'static [&'static str] = &["INSTANCE", "PID", "HEALTH", "REASON", "ROUTABLE"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.instance.clone(),
            self.pid.clone(),
            self.health.clone(),
            self.reason.clone(),
            self.routable.to_owned(),
        ]
    }
}
