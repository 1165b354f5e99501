//! What this router does not do yet: acts on resources, roles as leases, the fate of messages.
//!
//! All of it is answered, at once and in the shape that its asker reads: an SDK that hears nothing
//! waits for its time-out and reports a router that is not there.

use aegis_nats::Message;
use aegis_wire::reliable::{
    MessageStatusRequest, encode_ack_response_refusal, encode_message_status_refusal,
};
use aegis_wire::resource::{ResourceAct, ResourceRequest, encode_resource_refusal};
use aegis_wire::{ErrorCode, Refusal};

use super::Driver;

const RESOURCES: &str = "resources come in a later version of this router";
const RELIABLE_CALLS: &str =
    "reliable calls come in a later version of this router: it keeps nothing about messages";
const ROLE_LEASES: &str =
    "roles that are renewed and moved come in a later version of this router, with resources";

impl Driver {
    pub(super) fn on_resource(
        &mut self,
        message: &Message<'_>,
        act: ResourceAct,
        refined: Option<(&str, &str)>,
    ) {
        let Some(reply) = self.answerable(message) else {
            return;
        };
        let read = ResourceRequest::decode(message.payload);
        let request = read.clone().unwrap_or_default();
        let named = request.service_name.zip(request.instance_id);
        let wrong = read.err().map(|error| error.to_string());
        let refusal = match &wrong {
            Some(wrong) => Refusal::new(ErrorCode::ValidationError, wrong),
            None if refined.is_some() && refined != named => Refusal::new(
                ErrorCode::SubjectMismatch,
                "the subject names one instance and the body another",
            ),
            None => Refusal::new(ErrorCode::NotSupported, RESOURCES),
        };
        self.counters.refused_messages += 1;
        self.outbox.publish(reply, None, &[], None, |out| {
            encode_resource_refusal(out, act, &request, &refusal);
        });
    }

    pub(super) fn on_role(&mut self, message: &Message<'_>) {
        if let Some(reply) = self.answerable(message) {
            self.refuse(reply, ErrorCode::NotSupported, ROLE_LEASES);
        }
    }

    pub(super) fn on_outcome(&mut self, message: &Message<'_>) {
        if let Some(reply) = self.answerable(message) {
            self.refuse(reply, ErrorCode::NotSupported, RELIABLE_CALLS);
        }
    }

    pub(super) fn on_message_status(&mut self, message: &Message<'_>) {
        let Some(reply) = self.answerable(message) else {
            return;
        };
        let read = MessageStatusRequest::decode(message.payload);
        let request = read.clone().unwrap_or_default();
        let wrong = read.err().map(|error| error.to_string());
        let refusal = match &wrong {
            Some(wrong) => Refusal::new(ErrorCode::ValidationError, wrong),
            None => Refusal::new(ErrorCode::NotSupported, RELIABLE_CALLS),
        };
        self.counters.refused_messages += 1;
        self.outbox.publish(reply, None, &[], None, |out| {
            encode_message_status_refusal(out, &request, &refusal);
        });
    }

    /// Acks are published for callers, without a reply subject: that is fine, and nothing is lost.
    pub(super) fn on_ack_response(&mut self, message: &Message<'_>) {
        if message.reply.is_none() {
            return;
        }
        let Some(reply) = self.answerable(message) else {
            return;
        };
        self.counters.refused_messages += 1;
        let refusal = Refusal::new(ErrorCode::NotSupported, RELIABLE_CALLS);
        self.outbox.publish(reply, None, &[], None, |out| {
            encode_ack_response_refusal(out, &refusal);
        });
    }
}
