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
use crate::net::LinkId;
use crate::story::CallNo;

/// The code of our handlers' own errors.
pub(crate) const HANDLER_ERROR: &str = "TEAPOT";

#[derive(Clone, Debug)]
struct Running {
    call: CallNo,
    reply: String,
    end: RunEnd,
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

    /// A call has come in. `link` is where a refusal goes.
    pub(crate) fn take(
        &mut self,
        io: &mut Io<'_>,
        link: LinkId,
        reply: &str,
        call: &InboxCall<'_>,
        draining: bool,
    ) {
        let Some(no) = call.message_id.and_then(CallNo::from_message_id) else {
            let text = "a call without its message id reached an instance".to_owned();
            io.net.judge.accuse(text, None, Some(io.me));
            return;
        };
        let manners = io.net.manners;
        let refuse = draining || self.chance.percent(manners.refusals);
        if let (true, Some(incarnation)) = (refuse, self.incarnation) {
            let code = if draining {
                ErrorCode::Draining
            } else {
                ErrorCode::Overloaded
            };
            io.tell(Some(no), format!("{no}: refused, {code}"));
            let mut body = Vec::new();
            Failure::new(code, "not now").encode_refused(&mut body, incarnation);
            io.publish(link, reply, None, &body);
            return;
        }
        let run = io.net.judge.handler_started(io.net.now, io.me, no, call);
        let end = self.draw_end(io);
        io.tell(Some(no), format!("{no}: handler starts, run {run}"));
        self.running.insert(
            run,
            Running {
                call: no,
                reply: reply.to_owned(),
                end,
            },
        );
        if self.chance.percent(io.net.manners.never) {
            return;
        }
        let span = if self.chance.percent(io.net.manners.slow) {
            self.chance.millis(50, 4_000)
        } else {
            self.chance.micros(100, 25_000)
        };
        io.timer(span, Timer::Finish(run));
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

    /// A handler is done. Without a connection its answer is lost.
    pub(crate) fn finish(&mut self, io: &mut Io<'_>, link: Option<LinkId>, run: u32) {
        let Some(Running { call, reply, end }) = self.running.remove(&run) else {
            return;
        };
        io.net.judge.handler_ended(io.net.now, run, end);
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
        if let Some(link) = link {
            io.publish(link, &reply, None, &body);
        }
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
