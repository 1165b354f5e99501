//! What worker processes say: JSON, one line each on stdout.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Latency;

/// A worker that stays is there.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Where it listens, if it is one to connect to.
    pub server: Option<String>,
}

/// What became of the calls of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallReport {
    /// Calls per second, over the measured span.
    pub per_second: f64,
    /// How long they took.
    pub latency: Latency,
    /// Calls that failed, those before the measured span included.
    pub failed: u64,
    /// Why the first of them did.
    pub failure: Option<String>,
    /// Who used how much of the processors, the caller last.
    pub used: Vec<Used>,
}

/// CPU time of one process over the measured span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Used {
    /// What it is.
    pub name: String,
    /// Its CPU time for each call or heartbeat, in microseconds; `None` where the system does not
    /// tell.
    pub cpu_us: Option<f64>,
}

/// What became of a flood of heartbeats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FloodReport {
    /// Heartbeats per second over the measured span, every one of them taken before it ended.
    pub per_second: f64,
    /// All that were sent, those of the warm-up included.
    pub sent: u64,
    /// All that were answered, of the form that is.
    pub answered: u64,
    /// Bytes of one on the wire, subject included.
    pub bytes: usize,
    /// Who used how much of the processors per heartbeat, the sender last.
    pub used: Vec<Used>,
}

/// What became of a crowd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrowdReport {
    /// How long it took until all were connected.
    pub connected_after: Duration,
    /// How long it took to register all of them at once, once they were.
    pub registered_after: Option<Duration>,
    /// Heartbeats sent.
    pub sent: u64,
    /// From when a heartbeat was due until its answer was there; empty where nobody answers.
    pub lateness: Latency,
    /// The same, apart: those due in the first half of each second of the wall clock, and in the second.
    /// Whatever is done in one half only has its control in the other.
    pub halves: [Latency; 2],
    /// Heartbeats that took longer than [`LATE`].
    pub late: u64,
    /// Heartbeats that were refused, lost or not answered.
    pub failed: u64,
    /// Why the first of them was.
    pub failure: Option<String>,
    /// What each watched process used.
    pub shares: Vec<Share>,
}

/// A heartbeat whose answer comes later than this is late.
pub const LATE: Duration = Duration::from_millis(250);

/// What one process used while a crowd was there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// What it is.
    pub name: String,
    /// Share of one core; `None` where the system does not tell.
    pub cores: Option<f64>,
    /// Resident memory at the end, in bytes.
    pub resident: Option<u64>,
}

/// What a router counted from its start to its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouterReport {
    /// Heartbeats that were read and given to the core.
    pub heartbeats: u64,
    /// Of these: refused, and so not applied.
    pub heartbeats_refused: u64,
    /// Messages that could not be read.
    pub messages_refused: u64,
}
