//! Lines of a call's life: each carries its trace id, its service and its method.

use std::ops::Range;

use aegis_core::{AttemptNo, CallFailure, InstanceView};
use aegis_types::{InstanceId, Outcome, Passed, ServiceName};
use aegis_wire::ErrorCode;
use tracing::{debug, info, warn};

use super::{Lines, cut};

/// A call as its lines name it: texts in its request, read only when a line is written. What a caller
/// says may be anything, and long: it is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) request: &'a [u8],
    pub(crate) trace_id: Option<&'a Range<usize>>,
    pub(crate) service: Option<&'a Range<usize>>,
    pub(crate) method: Option<&'a Range<usize>>,
}

impl<'a> Named<'a> {
    fn trace_id(&self) -> Option<&'a str> {
        self.text(self.trace_id)
    }

    fn service(&self) -> &'a str {
        self.text(self.service).unwrap_or_default()
    }

    fn method(&self) -> &'a str {
        self.text(self.method).unwrap_or_default()
    }

    fn text(&self, range: Option<&Range<usize>>) -> Option<&'a str> {
        let bytes = self.request.get(range?.clone())?;
        std::str::from_utf8(bytes).ok().map(cut)
    }
}

impl Lines {
    /// Over the rate, a line is not lost: it goes to debug, where somebody who follows one call
    /// looks.
    pub(crate) fn rerouted(
        &mut self,
        attempt: AttemptNo,
        service: &ServiceName,
        instance: &InstanceId,
        trace_id: Option<&str>,
    ) {
        let (service, instance) = (service.as_str(), instance.as_str());
        let (trace_id, attempt) = (trace_id.map(cut), attempt.0);
        match self.calls.pass("call_rerouted", [service], self.now) {
            Some(Passed { count, suppressed }) => info!(
                event = "call_rerouted",
                trace_id,
                service,
                instance,
                attempt,
                count,
                suppressed,
                "call goes on to another instance"
            ),
            None => debug!(
                event = "call_rerouted",
                trace_id, service, instance, attempt, "call goes on to another instance"
            ),
        }
    }

    /// What may have run and must be looked after is a warning; what a caller can mend or repeat is
    /// not. Counted by service: one that fails often must not hide what became of another one's calls.
    pub(crate) fn call_failed(
        &mut self,
        code: ErrorCode,
        message: &str,
        call: Named<'_>,
        failure: &CallFailure,
    ) {
        let (trace_id, service, method) = (call.trace_id(), call.service(), call.method());
        let (error_code, outcome) = (code.text(), failure.kind.outcome().as_str());
        let passed = match failure.kind.outcome() {
            Outcome::NotRun => None,
            Outcome::Unknown | Outcome::Ran => self.calls.pass("call_failed", [service], self.now),
        };
        match passed {
            Some(Passed { count, suppressed }) => warn!(
                event = "call_failed",
                trace_id, service, method, error_code, outcome, count, suppressed, "{message}"
            ),
            None => debug!(
                event = "call_failed",
                trace_id, service, method, error_code, outcome, "{message}"
            ),
        }
    }

    pub(crate) fn invalid_reply(&mut self, why: &str, call: Named<'_>) {
        let (trace_id, service, method) = (call.trace_id(), call.service(), call.method());
        let passed = self.calls.pass("invalid_reply", [service], self.now);
        if let Some(Passed { count, suppressed }) = passed {
            warn!(
                event = "invalid_reply",
                trace_id, service, method, count, suppressed, "reply cannot be used: {why}"
            );
        }
    }
}

/// A request that never became a call: the caller is told the same.
pub(crate) fn call_refused(
    code: ErrorCode,
    message: &str,
    service: Option<&str>,
    trace_id: Option<&str>,
) {
    debug!(
        event = "call_refused",
        trace_id = trace_id.map(cut),
        service = service.map(cut),
        error_code = code.text(),
        "{message}"
    );
}

pub(crate) fn sent(view: &InstanceView<'_>, attempt: AttemptNo, trace_id: Option<&str>) {
    debug!(
        event = "call_sent",
        trace_id = trace_id.map(cut),
        service = view.service.as_str(),
        instance = view.id.as_str(),
        attempt = attempt.0,
        "call goes to an instance"
    );
}

/// What a handler gave, passed on: its result, or an error of its own.
pub(crate) fn answered(
    call: Named<'_>,
    instance: Option<&str>,
    attempt: u32,
    outcome: &'static str,
) {
    debug!(
        event = "call_answered",
        trace_id = call.trace_id(),
        service = call.service(),
        method = call.method(),
        instance,
        attempt,
        outcome,
        "the answer of the handler was passed on"
    );
}
