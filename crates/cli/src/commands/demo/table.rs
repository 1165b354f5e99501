//! The report for people: a table and a verdict.

use std::fmt::Display;

use serde::Serialize;

use super::report::{Drain, Loss, Pause, Report, shown};
use crate::printer::{self, Row};

impl Report {
    /// The end of the story, for people.
    pub(super) fn text(&self) -> String {
        let verdict = if self.passed {
            "passed: every call that was safe to move was answered, none ran twice that must not,\n        and no call felt the drain"
        } else {
            "FAILED: a promise was broken"
        };
        let mut lines = self.call_lines();
        lines.extend(self.kill_lines());
        lines.extend(pause_lines(&self.pause));
        lines.extend(drain_lines(&self.drain));
        format!("\n{}\n\n{verdict}", printer::table(&lines))
    }

    fn call_lines(&self) -> Vec<Line> {
        let calls = &self.calls;
        let kinds = format!(
            "{} idempotent, {} at most once",
            calls.idempotent.made, calls.at_most_once.made
        );
        vec![
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
        ]
    }

    fn kill_lines(&self) -> Vec<Line> {
        let Self {
            loss,
            latency,
            recovery,
            ..
        } = self;
        let Loss {
            instance, reason, ..
        } = loss;
        let killed = format!("after kill -9 of {instance} had returned ({reason})");
        let median = format!(
            "over a median of {} before the kill",
            shown(latency.calm_median)
        );
        vec![
            Line::new("kill noticed", &shown(loss.noticed_after), &killed),
            Line::new(
                "  out of routing",
                &shown(loss.out_of_routing_after),
                "after the same instant",
            ),
            Line::new(
                "  worst added latency",
                &shown(latency.worst_added),
                &median,
            ),
            Line::new(
                "  routable again",
                &shown(recovery.routable_after),
                "after its new process was started",
            ),
            Line::new(
                "  first new answer",
                &shown(recovery.first_answer_after),
                "after its new process was started",
            ),
        ]
    }
}

fn pause_lines(pause: &Pause) -> Vec<Line> {
    let Pause {
        instance, reason, ..
    } = pause;
    let back = if pause.ejected {
        "after SIGCONT: an instance on which calls time out in a row is kept out for 5 s"
    } else {
        "after SIGCONT"
    };
    vec![
        Line::new(
            "pause noticed",
            &shown(pause.noticed_after),
            &format!("after SIGSTOP of {instance} ({reason})"),
        ),
        Line::new(
            "  calls failed",
            &pause.failed,
            &format!(
                "from SIGSTOP until it was back; {} with an unknown outcome",
                pause.outcome_unknown
            ),
        ),
        Line::new(
            "  calls moved",
            &pause.moved,
            "idempotent, answered elsewhere while it was paused",
        ),
        Line::new(
            "  calls waited",
            &pause.waited,
            "at most once: may not move on a guess, answered once it had woken up",
        ),
        Line::new(
            "  healthy again",
            &shown(pause.healthy_after),
            &format!("after SIGCONT; it was paused for {}", shown(pause.lasted)),
        ),
        Line::new("  routable again", &shown(pause.routable_after), back),
    ]
}

fn drain_lines(drain: &Drain) -> Vec<Line> {
    vec![
        Line::new(
            "drained",
            &shown(drain.idle_after),
            &format!("from the operator's word until {} was idle", drain.instance),
        ),
        Line::new(
            "  calls lost",
            &(drain.failed + drain.outcome_unknown),
            &format!("of {} until its new process took calls", drain.calls),
        ),
        Line::new(
            "  calls sent to it",
            &drain.reached_it,
            "after the operator's word",
        ),
        Line::new(
            "  stopped",
            &shown(drain.stopped_after),
            "after SIGTERM, in order",
        ),
        Line::new(
            "  routable again",
            &shown(drain.routable_after),
            "after its new process was started",
        ),
    ]
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
