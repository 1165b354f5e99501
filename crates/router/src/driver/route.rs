//! A call: from the caller's message to an event, and the checks that need the message.

use aegis_core::{CallRequest, CallerKind as CoreCaller, ConnectionId, Event};
use aegis_nats::Message;
use aegis_nats::codec::is_valid_block;
use aegis_types::limits::{DEFAULT_CALL_TIMEOUT, DEFAULT_MAX_INSTANCES};
use aegis_types::{Instant, RetryWish};
use aegis_wire::ErrorCode;
use aegis_wire::call::{CallError, CallerKind, Echo, ReplyEncoder, ResourceContext, RouteRequest};
use smallvec::SmallVec;
use std::time::Duration;

use super::answer::error_headers;
use super::hand::Hand;
use super::pending::Arrival;
use super::{Driver, ENVELOPE_BYTES};

/// The SDK of the first AegisIPC waits exactly as long as the timeout that it sends. The answer
/// must come before that, or it reports its own time-out and never learns what happened.
const LEGACY_REPLY_MARGIN: Duration = Duration::from_millis(50);

impl Driver {
    pub(super) fn on_route(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        refined: Option<(&str, &str)>,
    ) {
        let Some(reply) = self.answerable(message) else {
            return;
        };
        let request = match RouteRequest::decode(message.payload) {
            Ok(request) => request,
            Err(error) => {
                let echo = Echo::of(message.payload);
                let text = error.to_string();
                let error = CallError::not_run(ErrorCode::ValidationError, &text);
                self.refuse_call(now, reply, echo, &error);
                return;
            }
        };
        if let Err((code, text)) = check(&request, refined) {
            let error = CallError {
                resource: resource_of(&request, code),
                ..CallError::not_run(code, &text)
            };
            self.refuse_call(now, reply, echo_of(&request), &error);
            return;
        }
        if let Some(text) = self.is_too_large(message) {
            let error = CallError::not_run(ErrorCode::PayloadTooLarge, &text);
            return self.refuse_call(now, reply, echo_of(&request), &error);
        }
        self.begin_call(now, message, reply, &request);
    }

    /// An attempt carries a little more than the request, and the server would close the connection
    /// over one that is too large.
    fn is_too_large(&self, message: &Message<'_>) -> Option<String> {
        let headers = message.headers.map_or(0, <[u8]>::len);
        let size = message.payload.len() + headers + ENVELOPE_BYTES;
        (size > self.max_payload).then(|| {
            let max = self.max_payload;
            format!(
                "an attempt of this call would be {size} bytes, and the NATS server takes {max}"
            )
        })
    }

    fn begin_call(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        reply: &str,
        request: &RouteRequest<'_>,
    ) {
        let caller = request.caller_kind();
        let call = self.pending.begin(&Arrival {
            body: message.payload,
            headers: message
                .headers
                .filter(|block| may_be_passed_on(message, block)),
            reply,
            trace_id: request.trace_id,
            message_id: request.message_id,
            service: request.service_name,
            method: request.method,
            caller,
            arrived: now,
        });
        let excluded: SmallVec<[&str; 4]> = request.excluded_instances.iter().collect();
        let event = Event::CallReceived(CallRequest {
            call,
            service: request.service_name,
            method: request.method,
            timeout: timeout_of(request),
            wish: request.retry,
            max_instances: request.max_instances.unwrap_or(DEFAULT_MAX_INSTANCES),
            attempt_timeout: request.attempt_timeout,
            excluded: &excluded,
            caller: match caller {
                CallerKind::Native => CoreCaller::Native,
                CallerKind::Legacy { .. } => CoreCaller::Legacy,
            },
            connection: message.from.map(|peer| ConnectionId(peer.0)),
        });
        self.step(now, event, &Hand::Request(request));
    }

    /// Answers a call that never became one.
    fn refuse_call(&mut self, now: Instant, reply: &str, echo: Echo<'_>, error: &CallError<'_>) {
        self.counters.refused_messages += 1;
        let (service, trace_id) = (echo.service_name, echo.trace_id);
        crate::observe::call_refused(error.code, error.message, service, trace_id);
        let encoder = ReplyEncoder {
            trace_id: echo.trace_id,
            message_id: echo.message_id,
            instance_id: None,
            duration: Duration::ZERO,
            unix_micros: self.unix_micros(now),
            attempt: 0,
        };
        let caller = match echo.native {
            true => CallerKind::Native,
            false => CallerKind::Legacy {
                require_ack: echo.require_ack,
            },
        };
        let headers = error_headers(error.code.legacy().code, error.message);
        self.outbox.publish(reply, None, &headers, None, |out| {
            encoder.error(out, error, caller);
        });
        if echo.require_ack {
            self.acknowledge(&echo);
        }
    }
}

/// The embedded broker lets no malformed header block through; a real NATS server passes on anything,
/// and many client libraries drop their connection over it. The call goes on without.
fn may_be_passed_on(message: &Message<'_>, block: &[u8]) -> bool {
    message.from.is_some() || is_valid_block(block)
}

fn echo_of<'a>(request: &RouteRequest<'a>) -> Echo<'a> {
    Echo {
        trace_id: request.trace_id,
        message_id: request.message_id,
        service_name: Some(request.service_name),
        native: request.protocol.is_some(),
        require_ack: request.require_ack,
    }
}

/// The SDK of the first AegisIPC shows what is named here to its user.
fn resource_of<'a>(request: &RouteRequest<'a>, code: ErrorCode) -> Option<ResourceContext<'a>> {
    let resource_id = request.resource_id?;
    (code == ErrorCode::UnknownResource).then_some(ResourceContext {
        resource_id,
        service_name: request.service_name,
        owner_instance_id: None,
    })
}

fn timeout_of(request: &RouteRequest<'_>) -> Duration {
    let timeout = request.timeout.unwrap_or(DEFAULT_CALL_TIMEOUT);
    match request.caller_kind() {
        CallerKind::Native => timeout,
        CallerKind::Legacy { .. } => timeout - LEGACY_REPLY_MARGIN.min(timeout / 10),
    }
}

fn check(
    request: &RouteRequest<'_>,
    refined: Option<(&str, &str)>,
) -> Result<(), (ErrorCode, String)> {
    if let Some((service, method)) = refined
        && (service, method) != (request.service_name, request.method)
    {
        let text =
            format!("the subject names {service}.{method} and the body another service or method");
        return Err((ErrorCode::SubjectMismatch, text));
    }
    if request.protocol.is_none() && !request.params.is_map() {
        let text = String::from("field `params` must be a map");
        return Err((ErrorCode::ValidationError, text));
    }
    if let Some(resource) = request.resource_id {
        let text = format!(
            "nobody owns resource `{resource}`: resources come in a later version of this router"
        );
        return Err((ErrorCode::UnknownResource, text));
    }
    if request.require_ack {
        let text = String::from(
            "reliable calls come in a later version of this router: call without `require_ack`",
        );
        return Err((ErrorCode::NotSupported, text));
    }
    if request.protocol.is_none() && request.retry != RetryWish::default() {
        let text = String::from("field `retry` needs field `protocol`");
        return Err((ErrorCode::ValidationError, text));
    }
    Ok(())
}
