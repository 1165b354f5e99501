//! Is an answer true?

use std::time::Duration;

use aegis_types::{Outcome, RetryWish};
use aegis_wire::ErrorCode;
use aegis_wire::call::{CallReply, ErrorInfo};

use super::call::Call;
use super::{Judge, RunEnd, Wrong};
use crate::actors::{HANDLER_ERROR, UNKNOWN_METHOD};
use crate::story::{CallNo, ProcId, Story};

impl Judge {
    pub(super) fn on_call_answered(
        &mut self,
        now: Duration,
        to: ProcId,
        no: CallNo,
        body: &[u8],
        story: &mut Story,
    ) {
        let reply = match CallReply::decode(body) {
            Ok(reply) => reply,
            Err(error) => {
                return self.accuse(
                    format!("{no}: an answer nobody reads: {error}"),
                    Some(no),
                    None,
                );
            }
        };
        let info = reply.error_info();
        let text = match reply.success {
            true => format!("{no}: answered with success"),
            false => {
                let code = info.error_code.unwrap_or("?");
                let why = info.message.unwrap_or_default();
                format!("{no}: answered with {code}: {why}")
            }
        };
        story.tell(now, Some(to), Some(no), text);
        if let (false, Some(code)) = (reply.success, info.known_code()) {
            self.met.count("code", code.text());
        } else if info.error_code == Some(HANDLER_ERROR) {
            self.met.count("code", ErrorCode::HandlerError.text());
        }
        if let Some(wrong) = self.wrong_with_answer(now, to, no, &reply) {
            self.accuse(
                format!("{no}: {}", wrong.text),
                Some(no),
                wrong.process.or(Some(to)),
            );
        }
        self.open.remove(&no);
        self.ended_now.push(no);
        self.tally.answered += 1;
        self.tally.succeeded += u32::from(reply.success);
        self.tally.unknown += u32::from(info.known_code() == Some(ErrorCode::OutcomeUnknown));
        let not_run = !reply.success && info.outcome == Some(Outcome::NotRun);
        if let Some(call) = self.call_mut(no) {
            call.is_answered = true;
            call.is_promised_not_run |= not_run;
        }
    }

    fn wrong_with_answer(
        &self,
        now: Duration,
        to: ProcId,
        no: CallNo,
        reply: &CallReply<'_>,
    ) -> Option<Wrong> {
        let Some(call) = self.call(no) else {
            return Some(Wrong::new("an answer to a call nobody made"));
        };
        if call.is_answered {
            return Some(Wrong::new("answered twice"));
        }
        if call.made.caller != to {
            return Some(Wrong::new(format!(
                "{}'s answer goes to {to}",
                call.made.caller
            )));
        }
        if reply.message_id.as_text() != Some(call.made.act.to_string().as_str()) {
            return Some(Wrong::new("the answer names another act"));
        }
        if reply.success {
            return self.wrong_with_success(now, no, call, reply);
        }
        let info = reply.error_info();
        // Who is kept out for what it did before may be the only one left.
        let mut ejected = self
            .lives
            .iter()
            .filter(|(process, _)| self.doubts.is_ejected(process));
        let is_excused = ejected.any(|(_, life)| life.name.service == call.made.service);
        if call.made.must_succeed && !is_excused {
            let code = info.error_code.unwrap_or("?");
            return Some(Wrong {
                text: format!("failed with {code} when all was well"),
                process: call.attempts.last().map(|attempt| attempt.life),
            });
        }
        self.wrong_with_failure(now, call, &info)
    }

    fn wrong_with_success(
        &self,
        now: Duration,
        no: CallNo,
        call: &Call,
        reply: &CallReply<'_>,
    ) -> Option<Wrong> {
        let Some(run) = reply
            .result
            .as_int()
            .and_then(|run| self.runs.get(run as usize))
        else {
            return Some(Wrong::new("succeeded with a result that no handler gave"));
        };
        if run.call != no {
            return Some(Wrong::new(format!("got the result of {}", run.call)));
        }
        if !matches!(run.ended, Some((at, RunEnd::Success)) if at <= now) {
            return Some(Wrong::new("succeeded, and the handler did not"));
        }
        let life = self.lives.get(&run.life)?;
        if call
            .attempts
            .iter()
            .any(|attempt| attempt.life == run.life && attempt.is_void)
        {
            let (life, service) = (run.life, &call.made.service);
            return Some(Wrong::new(format!(
                "answered by {life} of {service}, whose id a later life has"
            )));
        }
        (reply
            .instance_id
            .as_text()
            .is_some_and(|id| id != life.name.id))
        .then(|| Wrong::new("the answer names another instance"))
    }

    fn wrong_with_failure(
        &self,
        now: Duration,
        call: &Call,
        info: &ErrorInfo<'_>,
    ) -> Option<Wrong> {
        let ran = |wanted: fn(&RunEnd) -> bool| {
            let of_call = call.runs.iter();
            of_call
                .filter_map(|run| self.runs.get(*run as usize)?.ended)
                .any(|(_, end)| wanted(&end))
        };
        let may_go_on = match (info.error_code, info.known_code(), info.outcome) {
            (Some(HANDLER_ERROR), _, Some(Outcome::Ran)) => {
                if !ran(|end| matches!(end, RunEnd::Error { .. })) {
                    return Some(Wrong::new(
                        "failed with a handler's error, and no handler did",
                    ));
                }
                info.retryable == Some(true) && call.made.wish == RetryWish::Failed
            }
            (_, Some(ErrorCode::InvalidReply), Some(Outcome::Ran)) => {
                if !ran(|end| *end == RunEnd::Invalid) {
                    return Some(Wrong::new("no handler's reply was invalid"));
                }
                false
            }
            (_, Some(ErrorCode::OutcomeUnknown), Some(Outcome::Unknown)) => {
                let proven = ["no_responders", "refused"];
                if !info.attempts().any(|tried| !proven.contains(&tried.end)) {
                    return Some(Wrong::new("outcome unknown, and no attempt may have run"));
                }
                true
            }
            (
                _,
                Some(
                    code @ (ErrorCode::NoRoutableInstance
                    | ErrorCode::DeadlineExceeded
                    | ErrorCode::Overloaded),
                ),
                Some(Outcome::NotRun),
            ) => {
                if let Some(run) = call.runs.first() {
                    return Some(Wrong::new(format!(
                        "said not to have run, and run {run} has started"
                    )));
                }
                // Who is full is not known from outside.
                code != ErrorCode::Overloaded
            }
            (_, Some(ErrorCode::UnknownService), Some(Outcome::NotRun)) => {
                let known = self.ever_granted.contains(&call.made.service);
                return known.then(|| Wrong::new("its service is known, and said not to be"));
            }
            (_, Some(ErrorCode::UnknownMethod), Some(Outcome::NotRun)) => {
                let known = call.made.method != UNKNOWN_METHOD;
                return known.then(|| Wrong::new("its method is known, and said not to be"));
            }
            (code, _, outcome) => {
                return Some(Wrong::new(format!(
                    "answered with {code:?}, outcome {outcome:?}"
                )));
            }
        };
        let deadline = call.arrived? + call.made.timeout.mul_f64(0.85);
        (may_go_on && now < deadline)
            .then(|| self.untried(now, call))
            .flatten()
    }

    /// Somebody who could have taken the call and was not tried. Whose inbox was interrupted since
    /// the call came may have been tried: such an attempt reaches nobody and is not overheard.
    fn untried(&self, now: Duration, call: &Call) -> Option<Wrong> {
        if call.may_have_run() >= call.made.max_instances()
            || self.doubts.lacks_budget(&call.made.service)
            || call.made.method == UNKNOWN_METHOD
        {
            return None;
        }
        let stuck = call
            .attempts
            .iter()
            .any(|attempt| !attempt.is_refused && !self.is_repeatable(call, attempt.life));
        if stuck {
            return None;
        }
        // What may have run once must not be repeated where that would hurt, either.
        let may_have_run = call.may_have_run() > 0;
        let tried = |process: &ProcId| call.attempts.iter().any(|a| a.life == *process);
        let arrived = call.arrived?;
        let (process, _) = self.lives.iter().find(|(process, life)| {
            life.name.service == call.made.service
                && life.inbox_since < arrived
                && (call.knows_methods || !life.is_native)
                && !tried(process)
                && !self.doubts.is_ejected(process)
                && !self.doubts.is_full(process)
                && (!may_have_run || self.is_repeatable(call, **process))
                && !call.made.excluded.contains(&life.name.id)
                && self.is_clearly_healthy(now, life)
        })?;
        Some(Wrong {
            text: format!("failed although {process} was there and not tried"),
            process: Some(*process),
        })
    }
}
