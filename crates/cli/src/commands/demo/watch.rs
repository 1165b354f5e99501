//! The router's view of the instances, asked for again and again.

use std::time::{Duration, Instant};

use aegis_client::{Client, InstanceEntry};
use anyhow::bail;

use super::ledger::Ledger;
use crate::commands::toy_service::SERVICE;

/// What has not come true by then never will.
const PATIENCE: Duration = Duration::from_secs(10);
/// Span between two questions while nothing is being measured.
const CALM_PACE: Duration = Duration::from_millis(20);

/// Span between two questions while something is being measured that takes its time.
const FINE_PACE: Duration = Duration::from_millis(2);

/// When an instance was first seen to be lost, and why.
#[derive(Debug)]
pub(super) struct Noticed {
    /// Its health was no longer healthy.
    pub(super) unwell: Instant,
    /// It was no longer routable.
    pub(super) out_of_routing: Instant,
    /// The router's reason.
    pub(super) reason: String,
}

/// Waits until all of them take calls.
pub(super) async fn until_routable(
    client: &Client,
    ids: &[&str],
) -> anyhow::Result<Vec<InstanceEntry>> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // An answer may be "unknown service": then nobody has registered yet.
        let instances = client.instances(SERVICE).await.unwrap_or_default();
        let routable = |id: &&str| {
            instances
                .iter()
                .any(|entry| entry.instance == **id && entry.routable)
        };
        if ids.iter().all(routable) {
            return Ok(instances);
        }
        if Instant::now() > deadline {
            bail!(
                "not all of {} took calls within {PATIENCE:?}",
                ids.join(", ")
            );
        }
        tokio::time::sleep(CALM_PACE).await;
    }
}

/// Waits until a killed instance is out of routing, asking without a pause: the figures are as fine as
/// one question and its answer.
pub(super) async fn until_lost(client: &Client, id: &str) -> anyhow::Result<Noticed> {
    let deadline = Instant::now() + PATIENCE;
    let mut unwell = None;
    loop {
        let instances = client.instances(SERVICE).await?;
        let seen = Instant::now();
        let entry = instances.iter().find(|entry| entry.instance == id);
        if entry.is_none_or(|entry| entry.health != "healthy") {
            unwell.get_or_insert(seen);
        }
        if entry.is_none_or(|entry| !entry.routable) {
            let reason = entry.map_or_else(|| "removed".to_owned(), |entry| entry.reason.clone());
            return Ok(Noticed {
                unwell: unwell.unwrap_or(seen),
                out_of_routing: seen,
                reason,
            });
        }
        if seen > deadline {
            bail!("the router still routed to {id} {PATIENCE:?} after it was killed");
        }
    }
}

/// Waits until something is true of an instance: when it was first seen, and what was seen.
pub(super) async fn until_entry(
    client: &Client,
    id: &str,
    what: &str,
    is_true: impl Fn(&InstanceEntry) -> bool,
) -> anyhow::Result<(Instant, InstanceEntry)> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let instances = client.instances(SERVICE).await?;
        let seen = Instant::now();
        let entry = instances.into_iter().find(|entry| entry.instance == id);
        if let Some(entry) = entry.filter(&is_true) {
            return Ok((seen, entry));
        }
        if seen > deadline {
            bail!("{id} was not {what} within {PATIENCE:?}");
        }
        tokio::time::sleep(FINE_PACE).await;
    }
}

/// Waits until the ledger has read of every call that was answered: what it says of calls that ran twice
/// is worth something only then.
pub(super) async fn until_witnessed(ledger: &Ledger, answered: u64) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while ledger.started() < answered {
        if Instant::now() > deadline {
            bail!(
                "{answered} at-most-once calls were answered, but only {} were seen to start",
                ledger.started()
            );
        }
        tokio::time::sleep(CALM_PACE).await;
    }
    Ok(())
}
