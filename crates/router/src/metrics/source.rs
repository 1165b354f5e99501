use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::{HostNumbers, Snapshot, render};

/// How long a scrape waits for the router's thread.
const SNAPSHOT_WITHIN: Duration = Duration::from_secs(1);

/// Why there are no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoSnapshot {
    /// The router's thread did not answer in time.
    #[error("the router's thread did not answer within {SNAPSHOT_WITHIN:?}")]
    Busy,
    /// It has ended, or has not begun.
    #[error("the router does not run")]
    NotRunning,
}

type Ask = dyn Fn(Duration) -> Result<(Snapshot, HostNumbers), NoSnapshot> + Send + Sync;

/// The numbers of a running router, for any thread. Cheap to clone.
#[derive(Clone)]
pub struct MetricsSource(Arc<Ask>);

impl fmt::Debug for MetricsSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MetricsSource")
    }
}

impl MetricsSource {
    pub(crate) fn new(
        ask: impl Fn(Duration) -> Result<(Snapshot, HostNumbers), NoSnapshot> + Send + Sync + 'static,
    ) -> MetricsSource {
        MetricsSource(Arc::new(ask))
    }

    /// The numbers as OpenMetrics text. Waits for the router's thread: not for a runtime's.
    ///
    /// # Errors
    /// When there are no numbers to be had.
    pub fn scrape(&self, legacy_names: bool) -> Result<String, NoSnapshot> {
        let (snapshot, host) = (self.0)(SNAPSHOT_WITHIN)?;
        Ok(render(snapshot, host, legacy_names))
    }
}
