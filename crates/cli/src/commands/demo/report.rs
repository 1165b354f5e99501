//! What the demo found out: one JSON object.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::tally::Counts;

/// The end of the story. Field names are stable; spans are in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether no call was lost that was safe to move, none ran twice that must not, and the drain was
    /// felt by no call at all.
    pub(super) passed: bool,
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub(super) duration: Duration,
    pub(super) settings: Settings,
    pub(super) calls: Calls,
    pub(super) loss: Loss,
    pub(super) latency: Latency,
    pub(super) recovery: Recovery,
    pub(super) pause: Pause,
    pub(super) drain: Drain,
}

/// What the demo ran with.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Settings {
    #[serde(rename = "heartbeat_interval_ms", serialize_with = "milliseconds")]
    pub(super) heartbeat_interval: Duration,
    #[serde(rename = "lease_ttl_ms", serialize_with = "milliseconds")]
    pub(super) lease_ttl: Duration,
    pub(super) instances: usize,
    pub(super) calls_per_second: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct Calls {
    #[serde(flatten)]
    pub(super) all: Counts,
    /// Calls that needed more than one attempt.
    pub(super) rerouted: u64,
    /// `at_most_once` calls that an instance started although one had started them before.
    pub(super) run_twice: u64,
    pub(super) idempotent: Counts,
    pub(super) at_most_once: Counts,
    /// The first few reasons of calls that failed.
    pub(super) reasons: Vec<String>,
}

/// From kill(2) returning.
#[derive(Debug, Serialize)]
pub(super) struct Loss {
    pub(super) instance: String,
    pub(super) pid: u32,
    /// When its health was first seen to be something else than healthy.
    #[serde(rename = "noticed_after_ms", serialize_with = "milliseconds")]
    pub(super) noticed_after: Duration,
    /// When it was first seen not to be routable.
    #[serde(rename = "out_of_routing_after_ms", serialize_with = "milliseconds")]
    pub(super) out_of_routing_after: Duration,
    /// Why the router gave it up.
    pub(super) reason: String,
    /// Calls it was working on, as the router saw it right before the kill.
    pub(super) in_flight: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Latency {
    #[serde(rename = "calm_median_ms", serialize_with = "milliseconds")]
    pub(super) calm_median: Duration,
    #[serde(rename = "worst_after_kill_ms", serialize_with = "milliseconds")]
    pub(super) worst_after_kill: Duration,
    #[serde(rename = "worst_added_ms", serialize_with = "milliseconds")]
    pub(super) worst_added: Duration,
}

/// From the start of the new process.
#[derive(Debug, Serialize)]
pub(super) struct Recovery {
    #[serde(rename = "routable_after_ms", serialize_with = "milliseconds")]
    pub(super) routable_after: Duration,
    #[serde(rename = "first_answer_after_ms", serialize_with = "milliseconds")]
    pub(super) first_answer_after: Duration,
}

/// SIGSTOP, and some time later SIGCONT.
#[derive(Debug, Serialize)]
pub(super) struct Pause {
    pub(super) instance: String,
    pub(super) pid: u32,
    /// From SIGSTOP to SIGCONT.
    #[serde(rename = "lasted_ms", serialize_with = "milliseconds")]
    pub(super) lasted: Duration,
    /// From SIGSTOP until its health was first seen to be something else than healthy.
    #[serde(rename = "noticed_after_ms", serialize_with = "milliseconds")]
    pub(super) noticed_after: Duration,
    /// Why the router doubted it.
    pub(super) reason: String,
    /// Calls open between SIGSTOP and its return that failed although they were safe to move.
    pub(super) failed: u64,
    /// The same calls, with an unknown outcome.
    pub(super) outcome_unknown: u64,
    /// Idempotent calls that were answered by another instance before SIGCONT.
    pub(super) moved: u64,
    /// Calls that were still in flight on it at SIGCONT.
    pub(super) in_flight: u64,
    /// `at_most_once` calls that could not move, waited for SIGCONT, and were answered after it.
    pub(super) waited: u64,
    /// From SIGCONT until it was seen to be healthy.
    #[serde(rename = "healthy_after_ms", serialize_with = "milliseconds")]
    pub(super) healthy_after: Duration,
    /// Whether it was kept out for a while after SIGCONT, because calls had timed out on it in a row.
    pub(super) ejected: bool,
    /// From SIGCONT until calls went to it again.
    #[serde(rename = "routable_after_ms", serialize_with = "milliseconds")]
    pub(super) routable_after: Duration,
}

/// An instance replaced in order.
#[derive(Debug, Serialize)]
pub(super) struct Drain {
    pub(super) instance: String,
    pub(super) pid: u32,
    /// Calls it was working on, as the router saw it right before the operator's word.
    pub(super) in_flight: u64,
    /// From the operator's word until it had no work left.
    #[serde(rename = "idle_after_ms", serialize_with = "milliseconds")]
    pub(super) idle_after: Duration,
    /// Calls open between the word and the return of the instance.
    pub(super) calls: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// Those of them with an unknown outcome.
    pub(super) outcome_unknown: u64,
    /// Calls made after the word that reached the old process nevertheless.
    pub(super) reached_it: u64,
    /// From SIGTERM to the end of the process.
    #[serde(rename = "stopped_after_ms", serialize_with = "milliseconds")]
    pub(super) stopped_after: Duration,
    /// From the start of the new process until calls went to it.
    #[serde(rename = "routable_after_ms", serialize_with = "milliseconds")]
    pub(super) routable_after: Duration,
}

impl Drain {
    /// Calls that felt it, one way or another.
    pub(super) fn felt(&self) -> u64 {
        self.failed + self.outcome_unknown + self.reached_it
    }
}

fn milliseconds<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Microseconds are as fine as anything here was measured.
    serializer.serialize_f64((span.as_secs_f64() * 1e6).round() / 1e3)
}

impl Report {
    /// Says whether every promise was kept.
    pub(super) fn judged(mut self) -> Self {
        self.passed =
            self.calls.all.failed == 0 && self.calls.run_twice == 0 && self.drain.felt() == 0;
        self
    }

    /// What went wrong, if it did.
    pub(super) fn broken_promise(&self) -> String {
        let Calls {
            all,
            run_twice,
            reasons,
            ..
        } = &self.calls;
        let mut promise = format!(
            "{} calls failed that were safe to move, {run_twice} calls ran twice, {} calls felt the drain",
            all.failed,
            self.drain.felt()
        );
        for reason in reasons {
            promise.push_str("\n  ");
            promise.push_str(reason);
        }
        promise
    }
}

/// A span as people read it.
pub(super) fn shown(span: Duration) -> String {
    if span >= Duration::from_secs(1) {
        format!("{:.2} s", span.as_secs_f64())
    } else {
        format!("{:.1} ms", span.as_secs_f64() * 1e3)
    }
}
