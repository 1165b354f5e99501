//! What a worker process is told to be, and what it says. Both travel as JSON: the order as its one
//! argument, what it says as lines on its stdout.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Latency, Span};

/// What one worker process is for. The product and its control take the same orders, so that they
/// are loaded in the same way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Be the router with its embedded broker.
    Router,
    /// Answer calls with what came.
    Serve(ServeOrder),
    /// Make calls and measure them.
    Call(CallOrder),
}

/// Answer calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServeOrder {
    /// Where the broker is.
    pub server: String,
    /// The instance's id; without one, one is drawn.
    pub instance: Option<String>,
}

/// Make calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallOrder {
    /// Where the broker is.
    pub server: String,
    /// Connections to open.
    pub connections: usize,
    /// How calls are made on them.
    pub load: Load,
    /// Bytes of each call's body, and of its answer's.
    pub body: usize,
    /// For how long.
    pub span: Span,
    /// Whose CPU time to take over the measured span, besides the worker's own.
    pub watched: Vec<Watched>,
}

/// When the next call is made.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Closed loop: on each connection this many callers, each of which makes its next call when
    /// the last one has returned.
    InFlight(usize),
    /// Open loop: one call is due every so often, whatever became of those before. Its latency
    /// counts from when it was due.
    Every(Duration),
}

/// Another process of the system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Watched {
    /// What it is.
    pub name: String,
    /// Its process id.
    pub pid: u32,
}

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
    /// Its CPU time per call; `None` where the system does not tell.
    pub cpu_us_per_call: Option<f64>,
}
