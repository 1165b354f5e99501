//! Load: calls made and measured, in a closed or an open loop.

mod closed;
mod open;
mod tally;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use closed::closed;
pub use open::open;
pub use tally::Tally;

/// Who is called. A clone is another handle of the same connection.
pub trait Target: Clone + Send + 'static {
    /// One call to its end. The error is for people.
    fn call(&self) -> impl Future<Output = Result<(), String>> + Send;
}

/// How long load lasts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Calls that end in here count for nothing but their failures.
    pub warm_up: Duration,
    /// Calls that end in here are measured.
    pub measured: Duration,
}

/// What was seen from the first call to the last.
#[derive(Debug)]
pub struct Run<W> {
    /// What became of the calls.
    pub tally: Tally,
    /// What the watcher saw when the measured span began and when it ended.
    pub watched: (W, W),
}
