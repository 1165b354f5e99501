//! What callers get from the SDK, whatever it takes: one act may be sent several times.

use std::time::Duration;

use aegis_session::caller::ANSWER_MARGIN;
use aegis_types::{Instant, RetryWish, Safety};

use super::Judge;
use super::ledger::Run;
use crate::net::Process;
use crate::story::{ActNo, CallNo, ProcId};

/// An act as its caller began it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActMade {
    pub(crate) caller: ProcId,
    pub(crate) wish: RetryWish,
    pub(crate) safety: Safety,
    /// On the caller's clock.
    pub(crate) deadline: Instant,
    pub(crate) must_succeed: bool,
}

/// How an act ended, as the SDK tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActEnd {
    /// With the result of this run.
    Success(Option<u32>),
    NotRun,
    Unknown,
    Ran,
}

#[derive(Clone, Debug)]
pub(super) struct Act {
    made: ActMade,
    pub(super) sends: Vec<CallNo>,
    end: Option<ActEnd>,
    /// Its process is gone: nobody waits.
    is_abandoned: bool,
}

impl Act {
    pub(super) fn is_awaited(&self) -> bool {
        self.end.is_none() && !self.is_abandoned
    }
}

/// How much later than it should a timer may come, between two events of the same instant.
const SLACK: Duration = Duration::from_millis(1);

impl Judge {
    pub(crate) fn act_begins(&mut self, made: ActMade) -> ActNo {
        let no = ActNo(self.acts.len() as u32);
        self.acts.push(Act {
            made,
            sends: Vec::new(),
            end: None,
            is_abandoned: false,
        });
        no
    }

    /// An act whose end nobody watches: its caller's SDK is not ours.
    pub(crate) fn act_unwatched(&mut self, no: ActNo) {
        if let Some(act) = self.acts.get_mut(no.0 as usize) {
            act.is_abandoned = true;
        }
    }

    pub(crate) fn acts_abandoned(&mut self, caller: ProcId) {
        let of_caller = self.acts.iter_mut().filter(|act| act.made.caller == caller);
        of_caller.for_each(|act| act.is_abandoned = true);
    }

    /// What the SDK gives its caller, at `now`, in true time.
    pub(crate) fn act_ended(&mut self, now: Duration, no: ActNo, end: ActEnd, process: &Process) {
        let wrong = self.wrong_with_act(now, no, end, process);
        let Some(act) = self.acts.get_mut(no.0 as usize) else {
            return;
        };
        act.end = Some(end);
        self.tally.acts += 1;
        self.tally.acts_succeeded += u32::from(matches!(end, ActEnd::Success(_)));
        self.tally.quiet += u32::from(act.made.must_succeed);
        let (call, caller) = (act.sends.last().copied(), act.made.caller);
        if let Some(wrong) = wrong {
            self.accuse(format!("{no}: {wrong}"), call, Some(caller));
        }
    }

    fn wrong_with_act(
        &self,
        now: Duration,
        no: ActNo,
        end: ActEnd,
        process: &Process,
    ) -> Option<String> {
        let act = self.acts.get(no.0 as usize)?;
        if act.end.is_some() {
            return Some("ended twice".to_owned());
        }
        let due = process.clock.shows(act.made.deadline + ANSWER_MARGIN);
        let excused = process.paused_until.max(process.clock.leapt_at);
        if now > due.max(excused) + SLACK {
            return Some("the SDK ended it too late".to_owned());
        }
        let is_repeatable = act.made.wish == RetryWish::Unknown;
        let sends = act.sends.iter().filter_map(|send| self.call(*send));
        let arrived = sends.filter(|call| call.arrived.is_some()).count();
        if act.made.must_succeed && !matches!(end, ActEnd::Success(_)) {
            return Some(format!("ended as {end:?} when all was well"));
        }
        match end {
            ActEnd::Success(run) => {
                let run = run.and_then(|run| self.runs.get(run as usize));
                let of = run.and_then(|run| self.call(run.call));
                (of.map(|call| call.made.act) != Some(no))
                    .then(|| "succeeded with a result that is not its own".to_owned())
            }
            ActEnd::NotRun => self
                .runs_of_act(no)
                .next()
                .map(|run| format!("said not to have run, and {} has run it", run.life)),
            ActEnd::Unknown | ActEnd::Ran => {
                let unsafe_repeats = arrived > 1 && act.made.safety == Safety::AtMostOnce;
                let ran = self.runs_of_act(no).count();
                (unsafe_repeats && !is_repeatable && ran > 1)
                    .then(|| format!("ran {ran} times, against its caller's wish"))
            }
        }
    }

    pub(super) fn runs_of_act(&self, no: ActNo) -> impl Iterator<Item = &Run> {
        let sends = self.acts.get(no.0 as usize).map(|act| act.sends.iter());
        let calls = sends.into_iter().flatten();
        calls
            .filter_map(|send| self.call(*send))
            .flat_map(|call| call.runs.iter())
            .filter_map(|run| self.runs.get(*run as usize))
    }

    pub(super) fn is_act_promised_not_run(&self, no: ActNo) -> bool {
        let act = self.acts.get(no.0 as usize);
        act.is_some_and(|act| act.end == Some(ActEnd::NotRun))
    }

    /// Nobody may still wait for the SDK.
    pub(super) fn accuse_lost_act(&mut self) {
        let lost = self.acts.iter().position(Act::is_awaited);
        let Some((no, act)) = lost.and_then(|no| Some((no, self.acts.get(no)?))) else {
            return;
        };
        let (call, caller) = (act.sends.last().copied(), act.made.caller);
        let text = format!("{}: the SDK never ended it", ActNo(no as u32));
        self.accuse(text, call, Some(caller));
    }
}
