//! What the demo found out: one JSON object, or a table.

use std::fmt::Display;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::tally::Counts;
use crate::printer::{self, Row};

/// The end of the story. Field names are stable; spans are in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// Whether no call was lost that was safe to move, and none ran twice that must not.
    pub(super) passed: bool,
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub(super) duration: Duration,
    pub(super) settings: Settings,
    pub(super) calls: Calls,
    pub(super) loss: Loss,
    pub(super) latency: Latency,
    pub(super) recovery: Recovery,
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

fn milliseconds<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Microseconds are as fine as anything here was measured.
    serializer.serialize_f64((span.as_secs_f64() * 1e6).round() / 1e3)
}

impl Report {
    /// What went wrong, if it did.
    pub(super) fn broken_promise(&self) -> String {
        let Calls {
            all,
            run_twice,
            reasons,
            ..
        } = &self.calls;
        let mut promise = format!(
            "{} calls failed that were safe to move, {run_twice} calls ran twice",
            all.failed
        );
        for reason in reasons {
            promise.push_str("\n  ");
            promise.push_str(reason);
        }
        promise
    }

    /// The end of the story, for people.
    pub(super) fn text(&self) -> String {
        let verdict = if self.passed {
            "passed: every call that was safe to move was answered, and none ran twice that must not"
        } else {
            "FAILED: a promise was broken"
        };
        format!("\n{}\n\n{verdict}", printer::table(&self.lines()))
    }

    fn lines(&self) -> [Line; 10] {
        let Self {
            calls,
            loss,
            latency,
            recovery,
            ..
        } = self;
        let kinds = format!(
            "{} idempotent, {} at most once",
            calls.idempotent.made, calls.at_most_once.made
        );
        let killed = format!(
            "after kill -9 of {} had returned ({})",
            loss.instance, loss.reason
        );
        let median = format!(
            "over a median of {} before the kill",
            shown(latency.calm_median)
        );
        [
            Line::new("calls made", &calls.all.made, &kinds),
            Line::new("failed", &calls.all.failed, "calls that were safe to move"),
            Line::new(
                "rerouted",
                &calls.rerouted,
                "answered by another instance than the first",
            ),
            Line::new(
                "outcome unknown",
                &calls.all.outcome_unknown,
                "at most once, in flight on the killed instance",
            ),
            Line::new(
                "run twice",
                &calls.run_twice,
                "at-most-once calls, counted by the instances",
            ),
            Line::new("loss noticed", &shown(loss.noticed_after), &killed),
            Line::new(
                "out of routing",
                &shown(loss.out_of_routing_after),
                "after the same instant",
            ),
            Line::new("worst added latency", &shown(latency.worst_added), &median),
            Line::new(
                "routable again",
                &shown(recovery.routable_after),
                "after its new process was started",
            ),
            Line::new(
                "first new answer",
                &shown(recovery.first_answer_after),
                "after its new process was started",
            ),
        ]
    }
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Line {
    what: &'static str,
    figure: String,
    remark: String,
}

impl Line {
    fn new(what: &'static str, figure: &dyn Display, remark: &str) -> Self {
        Self {
            what,
            figure: figure.to_string(),
            remark: remark.to_owned(),
        }
    }
}

impl Row for Line {
    const HEADER: &'static [&'static str] = &[];

    fn cells(&self) -> Vec<String> {
        vec![
            self.what.to_owned(),
            self.figure.clone(),
            self.remark.clone(),
        ]
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
