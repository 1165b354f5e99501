//! What comes to the inbox: `crates/client/src/serve/served.rs`.

use std::time::Duration;

use aegis_session::admission::{Decision, Refusal};
use aegis_types::limits::MAX_CALL_TIMEOUT;
use aegis_types::{Incarnation, Instant};
use aegis_wire::ErrorCode;
use aegis_wire::call::{Failure, InboxCall, InboxMessage, encode_probe_ack};

use super::Native;
use crate::actors::Io;
use crate::actors::handlers::Taken;

/// A request that waits for its turn or runs.
#[derive(Clone, Debug)]
pub(super) struct Job {
    taken: Taken,
}

impl Native {
    pub(super) fn on_inbox(&mut self, io: &mut Io<'_>, reply: Option<&str>, payload: &[u8]) {
        let Some(reply) = reply else { return };
        match InboxMessage::decode(payload) {
            Ok(InboxMessage::Call(call)) => self.on_call(io, reply, &call),
            Ok(InboxMessage::Probe { incarnation }) => {
                let mine = self.declaration.incarnation;
                if incarnation.is_none_or(|meant| meant == mine) {
                    let mut body = Vec::new();
                    encode_probe_ack(&mut body, mine);
                    self.answer(io, reply, &body);
                }
            }
            Ok(InboxMessage::Unknown { .. }) | Err(_) => {
                let text = "an instance cannot read what came to its inbox".to_owned();
                io.net.judge.accuse(text, None, Some(io.me));
            }
        }
    }

    fn on_call(&mut self, io: &mut Io<'_>, reply: &str, call: &InboxCall<'_>) {
        let Some(taken) = Taken::new(io, reply, call) else {
            return;
        };
        let mine: Incarnation = self.declaration.incarnation;
        if call.incarnation.is_some_and(|meant| meant != mine) {
            return self.refuse(io, &taken, ErrorCode::WrongIncarnation);
        }
        let now = io.clock();
        let left = call
            .timeout_ms
            .map_or(MAX_CALL_TIMEOUT, Duration::from_millis);
        let told = call
            .deadline_ms
            .map(|millis| Instant::from_origin(Duration::from_millis(millis)));
        let deadline = match self.timing.deadline(now, left, told) {
            Ok(deadline) => deadline,
            Err(refusal) => return self.refuse_by(io, &taken, refusal),
        };
        let mut decisions = Vec::new();
        self.admission
            .arrived(now, deadline, Job { taken }, &mut decisions);
        self.decide(io, decisions);
    }

    fn decide(&mut self, io: &mut Io<'_>, decisions: Vec<Decision<Job>>) {
        self.admission.check_invariants();
        for decision in decisions {
            match decision {
                Decision::Start(job) => self.handlers.start(io, job.taken),
                Decision::Refuse(job, refusal) => self.refuse_by(io, &job.taken, refusal),
            }
        }
    }

    fn refuse_by(&mut self, io: &mut Io<'_>, taken: &Taken, refusal: Refusal) {
        let code = match refusal {
            Refusal::Overloaded { .. } => ErrorCode::Overloaded,
            Refusal::Expired | Refusal::Stalled => ErrorCode::Expired,
            Refusal::Draining => ErrorCode::Draining,
        };
        io.net.met.count("refusal", format!("{refusal:?}"));
        self.refuse(io, taken, code);
    }

    fn refuse(&mut self, io: &mut Io<'_>, taken: &Taken, code: ErrorCode) {
        let no = taken.call;
        io.tell(Some(no), format!("{no}: refused, {code}"));
        io.net.met.count("code", code.text());
        let mut body = Vec::new();
        Failure::new(code, "not now").encode_refused(&mut body, self.declaration.incarnation);
        self.answer(io, &taken.reply, &body);
    }

    /// If the broker is gone there is nobody to tell: the router settles the call.
    fn answer(&mut self, io: &mut Io<'_>, reply: &str, body: &[u8]) {
        let _ = self.work.publish(io, reply, body);
    }

    pub(super) fn finish(&mut self, io: &mut Io<'_>, run: u32) {
        let Some((reply, body)) = self.handlers.finish(io, run) else {
            return;
        };
        self.answer(io, &reply, &body);
        let mut decisions = Vec::new();
        self.admission.finished(io.clock(), &mut decisions);
        self.decide(io, decisions);
    }
}
