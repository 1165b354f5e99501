//! Handlers of a simulated instance, native or legacy: they take a call, run for a while, answer,
//! and write what they did into the ledger, which the product cannot see.

use std::collections::BTreeMap;

use aegis_types::Incarnation;
use aegis_wire::ErrorCode;
use aegis_wire::call::{Failure, InboxCall, InstanceReply};
use aegis_wire::value::{Raw, Writer};

use super::{Io, Timer};
use crate::chance::Chance;
use crate::judge::RunEnd;
use crate::story::CallNo;

/// The code of our handlers' own errors.
pub(crate) const HANDLER_ERROR: &str = "TEAPOT";

/// A request that an instance has read.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) call: CallNo,
    pub(crate) reply: String,
    method: String,
    incarnation: Option<Incarnation>,
}

impl Taken {
    pub(crate) fn new(io: &mut Io<'_>, reply: &str, call: &InboxCall<'_>) -> Option<Taken> {
        let Some(no) = CallNo::from_trace_id(call.trace_id) else {
            let text = "a call without its trace id reached an instance".to_owned();
            io.net.judge.accuse(text, None, Some(io.me));
            return None;
        };
        Some(Taken {
            call: no,
            reply: reply.to_owned(),
            method: call.method.to_owned(),
            incarnation: call.incarnation,
        })
    }
}

#[derive(Clone, Debug)]
struct Running {
    call: CallNo,
    reply: String,
    end: RunEnd,
    /// It would never end by itself.
    is_hung: bool,
}

pub(crate) struct Handlers {
    /// None for a legacy instance.
    incarnation: Option<Incarnation>,
    id: String,
    chance: Chance,
    running: BTreeMap<u32, Running>,
}

impl Handlers {
    pub(crate) fn new(id: String, incarnation: Option<Incarnation>, chance: Chance) -> Handlers {
        Handlers {
            incarnation,
            id,
            chance,
            running: BTreeMap::new(),
        }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.running.len()
    }

    /// A call has come in, and nobody decided about it yet. Gives a refusal, or starts.
    pub(crate) fn take(
        &mut self,
        io: &mut Io<'_>,
        reply: &str,
        call: &InboxCall<'_>,
        draining: bool,
    ) -> Option<Vec<u8>> {
        let taken = Taken::new(io, reply, call)?;
        let manners = io.net.manners;
        let refuse = draining || self.chance.percent(manners.refusals);
        let Some(incarnation) = self.incarnation.filter(|_| refuse) else {
            self.start(io, taken);
            return None;
        };
        let code = if draining {
            ErrorCode::Draining
        } else {
            ErrorCode::Overloaded
        };
        let no = taken.call;
        io.tell(Some(no), format!("{no}: refused, {code}"));
        let mut body = Vec::new();
        Failure::new(code, "not now").encode_refused(&mut body, incarnation);
        Some(body)
    }

    pub(crate) fn start(&mut self, io: &mut Io<'_>, taken: Taken) {
        // Who has not heard of a leap of the router's clock may start later by as much.
        let (no, now) = (taken.call, io.net.now.saturating_sub(io.net.router_leapt));
        let judge = &mut io.net.judge;
        let run = judge.handler_started(now, io.me, no, &taken.method, taken.incarnation);
        let end = self.draw_end(io);
        io.tell(Some(no), format!("{no}: handler starts, run {run}"));
        let is_hung = self.chance.percent(io.net.manners.never);
        self.running.insert(
            run,
            Running {
                call: no,
                reply: taken.reply,
                end,
                is_hung,
            },
        );
        if is_hung {
            return;
        }
        let span = if self.chance.percent(io.net.manners.slow) {
            self.chance.millis(50, 4_000)
        } else {
            self.chance.micros(100, 25_000)
        };
        io.timer(span, Timer::Finish(run));
    }

    /// Somebody has found what handlers hung on.
    pub(crate) fn end_hung(&mut self, io: &mut Io<'_>) {
        for (run, running) in &mut self.running {
            if std::mem::take(&mut running.is_hung) {
                io.timer(self.chance.millis(1, 1_000), Timer::Finish(*run));
            }
        }
    }

    fn draw_end(&mut self, io: &Io<'_>) -> RunEnd {
        let manners = io.net.manners;
        if self.chance.percent(manners.errors) {
            RunEnd::Error {
                retryable: self.chance.percent(50),
            }
        } else if self.chance.percent(manners.invalid) {
            RunEnd::Invalid
        } else {
            RunEnd::Success
        }
    }

    /// A handler is done: where its answer goes, and the answer.
    pub(crate) fn finish(&mut self, io: &mut Io<'_>, run: u32) -> Option<(String, Vec<u8>)> {
        let Running {
            call, reply, end, ..
        } = self.running.remove(&run)?;
        io.net.judge.handler_ended(io.net.watch(), run, end);
        io.tell(
            Some(call),
            format!("{call}: handler ends, run {run}, {end:?}"),
        );
        let mut body = Vec::new();
        match end {
            RunEnd::Success => self.success(run, &mut body),
            RunEnd::Error { retryable } => self.error(retryable, &mut body),
            RunEnd::Invalid => body.extend_from_slice(&[0x93, 0x01, 0xc1]),
        }
        Some((reply, body))
    }

    fn success(&self, run: u32, body: &mut Vec<u8>) {
        let mut result = Vec::new();
        Writer::new(&mut result).uint(run.into());
        match (self.incarnation, Raw::new(&result)) {
            (Some(incarnation), Ok(result)) => {
                InstanceReply::encode_success(body, result, incarnation);
            }
            _ => Writer::new(body).map(|map| {
                map.key("success").bool(true);
                map.key("result").uint(run.into());
                map.key("instance_id").text(&self.id);
            }),
        }
    }

    fn error(&self, retryable: bool, body: &mut Vec<u8>) {
        let failure = Failure {
            error_code: HANDLER_ERROR,
            retryable,
            ..Failure::new(ErrorCode::HandlerError, "short and stout")
        };
        match self.incarnation {
            Some(incarnation) => failure.encode(body, incarnation),
            None => Writer::new(body).map(|map| {
                map.key("success").bool(false);
                map.key("error").map(|error| {
                    error.key("message").text("short and stout");
                    error.key("code").text(HANDLER_ERROR);
                    error.key("retryable").bool(retryable);
                });
            }),
        }
    }
}
