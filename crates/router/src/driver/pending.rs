//! What the driver holds for a call in flight: the bytes that the core knows nothing of.

use std::ops::Range;

use aegis_plants::Plant;
use aegis_types::Instant;
use aegis_wire::call::CallerKind;
use slotmap::{DefaultKey, SlotMap};
use smallvec::SmallVec;

use aegis_core::{AttemptNo, CallId};

use crate::observe::Named;

/// One call in flight. Its buffers are used again by later calls.
#[derive(Debug)]
pub(super) struct PendingCall {
    /// The request as it came: what an attempt on another instance is made of.
    pub(super) body: Vec<u8>,
    /// Its header block, passed on with every attempt.
    pub(super) headers: Vec<u8>,
    /// Where the answer goes.
    pub(super) reply: String,
    /// Where in `body` the trace id is.
    pub(super) trace_id: Option<Range<usize>>,
    /// Where in `body` the message id is.
    pub(super) message_id: Option<Range<usize>>,
    /// Where in `body` the names of the service and the method are.
    named: [Option<Range<usize>>; 2],
    pub(super) caller: CallerKind,
    pub(super) arrived: Instant,
    /// One unguessable number per attempt, by its number.
    nonces: SmallVec<[u64; 2]>,
    /// A handler's error, kept as the answer of last resort.
    pub(super) kept: Vec<u8>,
}

impl PendingCall {
    pub(super) fn trace_id(&self) -> Option<&str> {
        text(&self.body, self.trace_id.as_ref())
    }

    pub(super) fn message_id(&self) -> Option<&str> {
        text(&self.body, self.message_id.as_ref())
    }

    /// As log lines name it.
    pub(super) fn named(&self) -> Named<'_> {
        let [service, method] = self.named.each_ref().map(Option::as_ref);
        Named {
            request: &self.body,
            trace_id: self.trace_id.as_ref(),
            service,
            method,
        }
    }

    /// The attempt that carries this number.
    pub(super) fn attempt_of(&self, nonce: u64) -> Option<AttemptNo> {
        if Plant::AttemptNumberNotChecked.is_sown() {
            return Some(AttemptNo(self.attempts()));
        }
        let index = self.nonces.iter().position(|known| *known == nonce)?;
        Some(AttemptNo(index as u32 + 1))
    }

    /// Remembers the number of the next attempt.
    pub(super) fn open_attempt(&mut self, nonce: u64) {
        self.nonces.push(nonce);
    }

    /// How many attempts were made.
    pub(super) fn attempts(&self) -> u32 {
        self.nonces.len() as u32
    }
}

fn text<'a>(body: &'a [u8], range: Option<&Range<usize>>) -> Option<&'a str> {
    std::str::from_utf8(body.get(range?.clone())?).ok()
}

/// What is needed to begin a call.
pub(super) struct Arrival<'a> {
    pub(super) body: &'a [u8],
    pub(super) headers: Option<&'a [u8]>,
    pub(super) reply: &'a str,
    pub(super) trace_id: Option<&'a str>,
    pub(super) message_id: Option<&'a str>,
    pub(super) service: &'a str,
    pub(super) method: &'a str,
    pub(super) caller: CallerKind,
    pub(super) arrived: Instant,
}

/// All calls in flight, and the buffers of finished ones.
#[derive(Debug, Default)]
pub(super) struct PendingCalls {
    slots: SlotMap<DefaultKey, PendingCall>,
    spare: Vec<PendingCall>,
}

/// Finished calls whose buffers are kept for later ones.
const MAX_SPARE: usize = 1_024;

/// A buffer larger than this is given back to the allocator when its call ends.
const MAX_SPARE_BYTES: usize = 16 * 1024;

impl PendingCalls {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn one(&self, id: CallId) -> Option<&PendingCall> {
        self.slots.get(id.slot())
    }

    pub(super) fn one_mut(&mut self, id: CallId) -> Option<&mut PendingCall> {
        self.slots.get_mut(id.slot())
    }

    pub(super) fn begin(&mut self, arrival: &Arrival<'_>) -> CallId {
        let mut call = self.spare.pop().unwrap_or_else(|| PendingCall {
            body: Vec::new(),
            headers: Vec::new(),
            reply: String::new(),
            trace_id: None,
            message_id: None,
            named: [None, None],
            caller: CallerKind::Native,
            arrived: Instant::ZERO,
            nonces: SmallVec::new(),
            kept: Vec::new(),
        });
        call.body.extend_from_slice(arrival.body);
        call.headers
            .extend_from_slice(arrival.headers.unwrap_or_default());
        call.reply.push_str(arrival.reply);
        call.trace_id = span_in(arrival.body, arrival.trace_id);
        call.message_id = span_in(arrival.body, arrival.message_id);
        call.named =
            [arrival.service, arrival.method].map(|name| span_in(arrival.body, Some(name)));
        call.caller = arrival.caller;
        call.arrived = arrival.arrived;
        CallId::from_slot(self.slots.insert(call))
    }

    pub(super) fn end(&mut self, id: CallId) {
        let Some(mut call) = self.slots.remove(id.slot()) else {
            return;
        };
        if self.spare.len() >= MAX_SPARE {
            return;
        }
        for buffer in [&mut call.body, &mut call.headers, &mut call.kept] {
            buffer.clear();
            buffer.shrink_to(MAX_SPARE_BYTES);
        }
        call.reply.clear();
        call.nonces.clear();
        self.spare.push(call);
    }
}

/// Where a text that was read from `body` stands in it.
fn span_in(body: &[u8], text: Option<&str>) -> Option<Range<usize>> {
    let text = text?;
    let start = (text.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let end = start.checked_add(text.len())?;
    (end <= body.len()).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival<'a>(body: &'a [u8], trace_id: Option<&'a str>) -> Arrival<'a> {
        Arrival {
            body,
            headers: None,
            reply: "_INBOX.a",
            trace_id,
            message_id: None,
            service: "",
            method: "",
            caller: CallerKind::Native,
            arrived: Instant::ZERO,
        }
    }

    #[test]
    fn a_used_slot_is_not_found_by_its_old_id_and_holds_nothing_of_the_old_call() {
        let mut calls = PendingCalls::default();
        let body = b"xxtracexx";
        let trace = std::str::from_utf8(&body[2..7]).unwrap();
        let first = calls.begin(&arrival(body, Some(trace)));
        calls.one_mut(first).unwrap().open_attempt(7);
        assert_eq!(calls.one(first).unwrap().trace_id(), Some("trace"));
        assert_eq!(calls.one(first).unwrap().attempt_of(7), Some(AttemptNo(1)));
        calls.end(first);
        let second = calls.begin(&arrival(b"yy", None));
        assert!(calls.one(first).is_none());
        let second = calls.one(second).unwrap();
        assert_eq!(
            (second.trace_id(), second.attempt_of(7), second.attempts()),
            (None, None, 0)
        );
        assert_eq!(second.body, b"yy");
    }

    #[test]
    fn a_text_from_elsewhere_has_no_place_in_the_body() {
        let (body, elsewhere) = (vec![1_u8; 4], String::from("elsewhere"));
        assert_eq!(span_in(&body, Some(&elsewhere)), None);
    }
}
