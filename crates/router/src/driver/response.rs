//! What comes back from instances: replies to attempts, answers to probes.

use aegis_core::{CallId, Event, ReplyKind};
use aegis_nats::Message;
use aegis_types::Instant;
use aegis_wire::call::{CallerKind, InstanceReply, ReplyKind as WireReply};
use aegis_wire::value::ValueError;

use super::hand::Hand;
use super::token::Token;
use super::{Driver, ENVELOPE_BYTES};

impl Driver {
    pub(super) fn on_response(&mut self, now: Instant, message: &Message<'_>, token: Option<u128>) {
        match token.map(Token::from_bits) {
            Some(Token::Attempt { call, nonce }) => {
                let pending = self.pending.one(call);
                let Some((pending, attempt)) =
                    pending.and_then(|pending| Some((pending, pending.attempt_of(nonce)?)))
                else {
                    self.counters.late_responses += 1;
                    return;
                };
                let reply = InstanceReply::decode(message.payload);
                let mut kind = kind_of(&reply, pending.caller);
                if kind == ReplyKind::Invalid {
                    self.note_invalid_reply(call, &reply);
                }
                if message.payload.len() + ENVELOPE_BYTES > self.max_payload {
                    kind = ReplyKind::Invalid;
                    self.note_too_large_reply(call, message.payload.len());
                }
                let event = Event::ReplyReceived {
                    call,
                    attempt,
                    reply: kind,
                };
                match &reply {
                    Ok(reply) => {
                        let body = message.payload;
                        self.step(now, event, &Hand::Reply { reply, body });
                    }
                    Err(_) => self.step(now, event, &Hand::Nothing),
                }
            }
            Some(Token::Probe { instance, nonce }) => {
                if self.probes.get(&instance) == Some(&nonce) {
                    self.probes.remove(&instance);
                    self.step(now, Event::ProbeAnswered { instance }, &Hand::Nothing);
                    self.locate(instance);
                } else {
                    self.counters.late_responses += 1;
                }
            }
            None => self.counters.late_responses += 1,
        }
    }

    fn note_too_large_reply(&mut self, call: CallId, size: usize) {
        let max = self.max_payload;
        let why =
            format!("{size} bytes are too many to pass on: the NATS server takes {max} in all");
        if let Some(pending) = self.pending.one(call) {
            self.lines.invalid_reply(&why, pending.named());
        }
        self.invalid_reply = Some(why);
    }

    /// A message of ours did not leave. `limit` is what the connection refused it for; without one there is
    /// no connection.
    pub fn on_unsent(&mut self, now: Instant, token: u128, limit: Option<&'static str>) {
        match Token::from_bits(token) {
            Token::Attempt { call, nonce } => {
                let attempt = self
                    .pending
                    .one(call)
                    .and_then(|call| call.attempt_of(nonce));
                if let Some(attempt) = attempt {
                    let event = Event::AttemptUnsent {
                        call,
                        attempt,
                        limit,
                    };
                    self.step(now, event, &Hand::Nothing);
                }
            }
            // It is asked again in its time; until then its silence says nothing.
            Token::Probe { instance, nonce } => {
                if self.probes.get(&instance) == Some(&nonce) {
                    self.probes.remove(&instance);
                }
            }
        }
    }

    /// The broker says that nobody received a message of ours.
    pub(super) fn on_unheard(&mut self, now: Instant, token: u128) {
        match Token::from_bits(token) {
            Token::Attempt { call, nonce } => {
                let attempt = self
                    .pending
                    .one(call)
                    .and_then(|call| call.attempt_of(nonce));
                if let Some(attempt) = attempt {
                    self.step(now, Event::NoResponders { call, attempt }, &Hand::Nothing);
                }
            }
            Token::Probe { instance, nonce } => {
                if self.probes.get(&instance) == Some(&nonce) {
                    self.probes.remove(&instance);
                    self.step(now, Event::ProbeUnheard { instance }, &Hand::Nothing);
                }
            }
        }
    }
}

/// What a reply means for the call. A legacy caller cannot read a map with keys that are not
/// strings: for it such a result is no result.
fn kind_of(reply: &Result<InstanceReply<'_>, ValueError>, caller: CallerKind) -> ReplyKind {
    let Ok(reply) = reply else {
        return ReplyKind::Invalid;
    };
    match reply.kind {
        WireReply::Refused => ReplyKind::Refused,
        WireReply::ProbeAck => ReplyKind::Invalid,
        WireReply::Reply if !reply.success => ReplyKind::HandlerError {
            retryable: reply.error_info().retryable.unwrap_or(false),
        },
        WireReply::Reply => match caller {
            CallerKind::Legacy { .. } if reply.result.check_string_keys("result").is_err() => {
                ReplyKind::Invalid
            }
            _ => ReplyKind::Success,
        },
    }
}
