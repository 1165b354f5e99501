use std::time::Duration;

use crate::Recorder;

/// What became of the calls.
#[derive(Debug, Default)]
pub struct Tally {
    /// Latencies of those that were answered in the measured span.
    pub latencies: Recorder,
    /// Calls that failed, at any time.
    pub failed: u64,
    /// Why the first of them did.
    pub failure: Option<String>,
}

impl Tally {
    pub(super) fn enter(&mut self, outcome: Result<(), String>, latency: Option<Duration>) {
        match outcome {
            Ok(()) => {
                if let Some(latency) = latency {
                    self.latencies.record(latency);
                }
            }
            Err(reason) => {
                self.failed += 1;
                self.failure.get_or_insert(reason);
            }
        }
    }

    pub(super) fn add(&mut self, other: Tally) {
        self.latencies.add(&other.latencies);
        self.failed += other.failed;
        if self.failure.is_none() {
            self.failure = other.failure;
        }
    }
}
