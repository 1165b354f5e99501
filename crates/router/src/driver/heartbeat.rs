//! Heartbeats: from message to event, from effect to answer.

use std::time::Duration;

use aegis_core::{ConnectionId, Credential, Event, HeartbeatRefusal, Vitals};
use aegis_nats::Message;
use aegis_types::{Instant, Lifecycle};
use aegis_wire::ErrorCode;
use aegis_wire::instance::{
    HeartbeatRefusal as WireRefusal, HeartbeatReply, HeartbeatRequest, Renewal,
};

use super::Driver;
use super::hand::Hand;
use super::register::millis;

/// Whose heartbeat it is, and where an answer goes if one is wanted.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    reply: Option<&'a str>,
    service: &'a str,
    instance: &'a str,
    native: bool,
}

impl Driver {
    pub(super) fn on_heartbeat(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        refined: Option<(&str, &str)>,
    ) {
        // The first AegisIPC sends heartbeats without a reply subject: that is fine.
        let reply = match message.reply {
            Some(_) => match self.answerable(message) {
                Some(reply) => Some(reply),
                None => return,
            },
            None => None,
        };
        let request = match HeartbeatRequest::decode(message.payload) {
            Ok(request) => request,
            Err(error) => {
                let text = error.to_string();
                self.refuse_heartbeat_message(now, reply, ErrorCode::ValidationError, &text);
                return;
            }
        };
        let (service, instance) = (request.service_name, request.instance_id);
        if refined.is_some_and(|names| names != (service, instance)) {
            let text = "the subject names one instance and the body another";
            self.refuse_heartbeat_message(now, reply, ErrorCode::SubjectMismatch, text);
            return;
        }
        let vitals = Vitals {
            report: request.status,
            capacity: request.native.and_then(|native| native.capacity),
            lag: Duration::from_millis(request.native.map_or(0, |native| native.lag_ms)),
        };
        // Only a legacy heartbeat without a reply subject is taken for that of an instance which
        // registered with an earlier start of the router; whoever asks is told `NOT_FOUND`.
        let adopt = (request.native.is_none() && reply.is_none())
            .then(|| self.listening.contains(instance));
        let (credential, lifecycle) = match request.native {
            Some(native) => {
                let token = native.lease_token.bits();
                let incarnation = native.incarnation;
                (
                    Credential::LeaseToken { token, incarnation },
                    native.lifecycle,
                )
            }
            None => (Credential::Legacy, Lifecycle::Serving),
        };
        let began = self.timing.begin();
        let event = Event::HeartbeatReceived {
            service,
            instance,
            credential,
            lifecycle,
            vitals,
            adopt,
            connection: message.from.map(|peer| ConnectionId(peer.0)),
        };
        let native = request.native.is_some();
        let refused_before = self.core.counters().heartbeats_refused;
        self.step(
            now,
            event,
            &Hand::Heartbeat(Asker {
                reply,
                service,
                instance,
                native,
            }),
        );
        if let Some(took) = self.timing.end(began) {
            let was_accepted = self.core.counters().heartbeats_refused == refused_before;
            self.core
                .note_heartbeat_handling(service, was_accepted, took);
        }
    }

    pub(super) fn confirm_heartbeat(
        &mut self,
        now: Instant,
        hand: &Hand<'_>,
        lease_ttl: Duration,
        next_interval: Duration,
    ) {
        let Hand::Heartbeat(asker) = hand else { return };
        let Some(reply) = asker.reply else { return };
        let unix_micros = self.unix_micros(now);
        let answer = HeartbeatReply::Renewed(Renewal {
            lease_ttl_ms: millis(lease_ttl),
            next_interval_ms: millis(next_interval),
            router: &self.router,
            router_now_ms: now.as_millis(),
        });
        self.outbox.publish(reply, None, &[], None, |out| {
            encode(&answer, asker, unix_micros, out);
        });
    }

    pub(super) fn refuse_heartbeat(
        &mut self,
        now: Instant,
        hand: &Hand<'_>,
        refusal: HeartbeatRefusal,
    ) {
        let Hand::Heartbeat(asker) = hand else { return };
        self.lines
            .heartbeat_refused(asker.service, asker.instance, refusal);
        let Some(reply) = asker.reply else { return };
        let code = match refusal {
            HeartbeatRefusal::UnknownInstance if asker.native => ErrorCode::UnknownInstance,
            HeartbeatRefusal::UnknownInstance => ErrorCode::NotFound,
            HeartbeatRefusal::StaleIncarnation => ErrorCode::StaleIncarnation,
            HeartbeatRefusal::WrongToken => ErrorCode::WrongLeaseToken,
            HeartbeatRefusal::Evicted => ErrorCode::Evicted,
        };
        let text = refusal.to_string();
        let unix_micros = self.unix_micros(now);
        let answer = HeartbeatReply::Refused(WireRefusal::new(code, &text));
        self.outbox.publish(reply, None, &[], None, |out| {
            encode(&answer, asker, unix_micros, out);
        });
    }

    /// A heartbeat that could not be read, or whose subject and body disagree.
    fn refuse_heartbeat_message(
        &mut self,
        now: Instant,
        reply: Option<&str>,
        code: ErrorCode,
        text: &str,
    ) {
        self.counters.refused_messages += 1;
        let Some(reply) = reply else { return };
        let unix_micros = self.unix_micros(now);
        let answer = HeartbeatReply::Refused(WireRefusal::new(code, text));
        // The envelope beside the native keys serves whoever it was.
        self.outbox.publish(reply, None, &[], None, |out| {
            answer.encode_legacy(out, "", "", unix_micros);
        });
    }
}

fn encode(answer: &HeartbeatReply<'_>, asker: &Asker<'_>, unix_micros: u64, out: &mut Vec<u8>) {
    if asker.native {
        answer.encode_native(out);
    } else {
        answer.encode_legacy(out, asker.service, asker.instance, unix_micros);
    }
}
