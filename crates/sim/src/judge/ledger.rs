//! What handlers did. Only the simulated processes write here.

use std::time::Duration;

use aegis_types::Incarnation;

use super::Judge;
use crate::story::{CallNo, ProcId};

/// How much later than its call's deadline a handler may start where the SDK admits: what it knows
/// of the router's clock is late by the way of one reply, and clocks drift apart.
const LATEST_START: Duration = Duration::from_secs(1);

/// How a handler's run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunEnd {
    Success,
    Error {
        retryable: bool,
    },
    /// It answers with something that cannot be understood.
    Invalid,
}

#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) call: CallNo,
    pub(super) life: ProcId,
    pub(super) ended: Option<(Duration, RunEnd)>,
}

impl Judge {
    pub(crate) fn handler_started(
        &mut self,
        now: Duration,
        life: ProcId,
        no: CallNo,
        method: &str,
        meant_for: Option<Incarnation>,
    ) -> u32 {
        let run = self.runs.len() as u32;
        self.check_lateness(now, life, no);
        self.runs.push(Run {
            call: no,
            life,
            ended: None,
        });
        if let Some(wrong) = self.wrong_with_start(life, no, method, meant_for) {
            self.accuse(format!("{no}: {wrong}"), Some(no), Some(life));
        }
        if let Some(call) = self.call_mut(no) {
            call.runs.push(run);
        }
        run
    }

    /// Nobody waits for what starts so late. Only where the SDK admits: others start what they read.
    fn check_lateness(&mut self, now: Duration, life: ProcId, no: CallNo) {
        let due = self.call(no).and_then(|call| call.ends_by);
        let admits = self.lives.get(&life).is_some_and(|life| life.admits);
        if let Some(due) = due.filter(|due| admits && now > *due + LATEST_START) {
            let late = now - due;
            let text = format!("{no}: starts on {life} {late:?} after its deadline");
            self.accuse(text, Some(no), Some(life));
        }
    }

    fn wrong_with_start(
        &self,
        life: ProcId,
        no: CallNo,
        method: &str,
        meant_for: Option<Incarnation>,
    ) -> Option<String> {
        let Some(call) = self.call(no) else {
            return Some("nobody made this call".to_owned());
        };
        let name = self.name_of(life)?;
        if method != call.made.method || name.service != call.made.service {
            return Some(format!(
                "{life} of {} runs {} for a call of {}.{}",
                name.service, method, call.made.service, call.made.method
            ));
        }
        if meant_for.is_some_and(|meant| meant != name.incarnation) {
            return Some(format!("meant for another life, runs on {life}"));
        }
        if call.made.excluded.contains(&name.id) {
            return Some(format!("runs on {life}, which its caller excluded"));
        }
        if call.is_promised_not_run || self.is_act_promised_not_run(call.made.act) {
            return Some(format!(
                "starts on {life} after the answer said that it did not run"
            ));
        }
        // Whichever sending of the act it came with.
        let unrepeatable = self
            .runs_of_act(call.made.act)
            .find(|run| !self.is_repeatable(call, run.life));
        let earlier = unrepeatable?;
        Some(format!(
            "an at_most_once handler starts on {life} after it had started on {}",
            earlier.life
        ))
    }

    pub(crate) fn handler_ended(&mut self, now: Duration, run: u32, end: RunEnd) {
        if let Some(run) = self.runs.get_mut(run as usize) {
            run.ended = Some((now, end));
        }
    }
}
