//! What goes to instances: attempts and probes.

use aegis_core::{AttemptNo, CallId, InstanceKey};
use aegis_plants::Plant;
use aegis_types::Instant;
use aegis_wire::call::{InboxCall, RouteRequest, encode_probe};
use rand_chacha::rand_core::RngCore;

use super::Driver;
use super::hand::Hand;
use super::token::Token;

impl Driver {
    pub(super) fn send(
        &mut self,
        now: Instant,
        call: CallId,
        attempt: AttemptNo,
        instance: InstanceKey,
        deadline: Instant,
        hand: &Hand<'_>,
    ) {
        let token = Token::attempt(call, self.chance.next_u64());
        self.address(instance, token);
        let Some(pending) = self.pending.one_mut(call) else {
            return;
        };
        let Token::Attempt { nonce, .. } = token else {
            return;
        };
        pending.open_attempt(nonce);
        let Some(view) = self.core.instance(instance) else {
            return;
        };
        let (native, incarnation) = (view.native, view.incarnation);
        let correlation_id = self
            .subjects
            .correlation_id(&self.response)
            .unwrap_or_default();
        let mut left = deadline.saturating_since(now);
        if Plant::DeadlineBeginsAnew.is_sown() {
            left = deadline.saturating_since(pending.arrived);
        }
        let encode = |request: &RouteRequest<'_>, out: &mut Vec<u8>| {
            let message = InboxCall {
                method: request.method,
                params: request.params,
                trace_id: request.trace_id.unwrap_or_default(),
                correlation_id,
                message_id: request.message_id,
                service_name: Some(request.service_name),
                attempt: attempt.0,
                timeout_ms: Some(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)),
                deadline_ms: Some(deadline.as_millis()),
                incarnation: Some(incarnation),
                caller: request.caller,
            };
            if native {
                message.encode_native(out);
            } else {
                message.encode_legacy(out);
            }
        };
        let outbox = &mut self.outbox;
        let (subject, reply, bits) = (&self.subject, Some(self.response.as_str()), token.bits());
        match hand {
            Hand::Request(request) => {
                crate::observe::sent(&view, attempt, pending.trace_id());
                outbox.publish(subject, reply, &pending.headers, Some(bits), |out| {
                    encode(request, out);
                });
            }
            // Another instance: the request is read again from what was kept.
            _ => {
                self.lines
                    .rerouted(attempt, view.service, view.id, pending.trace_id());
                let Ok(request) = RouteRequest::decode(&pending.body) else {
                    return;
                };
                outbox.publish(subject, reply, &pending.headers, Some(bits), |out| {
                    encode(&request, out);
                });
            }
        }
    }

    pub(super) fn probe(&mut self, now: Instant, instance: InstanceKey) {
        // Asked again before it answered, it may answer either: its answers may take longer than the
        // time between two of its heartbeats, each of which asks again.
        let asked = self.probes.get(&instance).copied();
        let chance = asked.unwrap_or_else(|| self.chance.next_u64());
        let token = Token::probe(instance, chance);
        self.address(instance, token);
        let Some(view) = self.core.instance(instance) else {
            return;
        };
        let Token::Probe { nonce, .. } = token else {
            return;
        };
        self.probes.insert(instance, nonce);
        if !view.native {
            self.legacy_probes.sent(now, instance, nonce);
        }
        let correlation_id = self
            .subjects
            .correlation_id(&self.response)
            .unwrap_or_default();
        let (subject, reply) = (&self.subject, Some(self.response.as_str()));
        self.outbox
            .publish(subject, reply, &[], Some(token.bits()), |out| {
                // An inbox of the first AegisIPC gets nothing that is no call.
                if !view.native {
                    return;
                }
                encode_probe(out, correlation_id, view.incarnation);
            });
    }

    /// Writes an instance's inbox to `subject` and where it answers to `response`.
    fn address(&mut self, instance: InstanceKey, token: Token) {
        self.subject.clear();
        self.response.clear();
        self.subjects
            .push_response(&mut self.response, &self.router, token.bits());
        let Some(view) = self.core.instance(instance) else {
            return;
        };
        let id = view.id.as_str();
        if view.native {
            let service = view.service.as_str();
            self.subjects
                .push_inbox(&mut self.subject, service, id, view.incarnation);
        } else {
            self.subjects.push_legacy_inbox(&mut self.subject, id);
        }
    }
}
