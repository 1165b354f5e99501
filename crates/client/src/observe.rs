//! Log lines of calls, on both sides, and of heartbeats. Each line of a call's life carries its trace
//! id; what repeats is counted. Never params, results, a handler's text or a token.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aegis_bus::PublishError;
use aegis_types::{LogLimit, Outcome, Passed};
use aegis_wire::call::Echo;
use tracing::{debug, error, info, warn};

use crate::error::logged;
use crate::serve::Context;
use crate::{CallError, clock};

/// Counts the lines of one client or one served instance.
#[derive(Debug)]
pub(crate) struct Lines {
    repeated: Mutex<LogLimit>,
    calls: Mutex<LogLimit>,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines {
            repeated: Mutex::new(LogLimit::of_repeated()),
            calls: Mutex::new(LogLimit::of_each()),
        }
    }
}

impl Lines {
    fn repeated(&self, event: &'static str) -> Option<Passed> {
        locked(&self.repeated).pass(event, [], clock::now())
    }

    /// Of one service: a client may call many.
    fn each(&self, event: &'static str, service: &str) -> Option<Passed> {
        locked(&self.calls).pass(event, [service], clock::now())
    }

    /// A caller gets the error as well, and may log it: only what may have run is worth a warning of
    /// its own.
    pub(crate) fn call_failed(&self, error: &CallError) {
        let call = error.call();
        let (service, method) = (call.service.as_str(), call.method.as_str());
        let trace_id = call.logged_trace_id();
        let (error_code, outcome) = (error.code(), error.outcome().as_str());
        let after_ms = millis(call.after);
        if let CallError::Handler { .. } = error {
            return debug!(
                event = "call_answered",
                trace_id,
                service,
                method,
                outcome = "handler_error",
                after_ms,
                "call ended with an error of its handler"
            );
        }
        let passed = match error.outcome() {
            Outcome::Unknown => self.each("call_failed", service),
            Outcome::NotRun | Outcome::Ran => None,
        };
        match passed {
            Some(Passed { count, suppressed }) => warn!(
                event = "call_failed",
                trace_id,
                service,
                method,
                error_code,
                outcome,
                after_ms,
                count,
                suppressed,
                "call ended without a result"
            ),
            None => debug!(
                event = "call_failed",
                trace_id,
                service,
                method,
                error_code,
                outcome,
                after_ms,
                "call ended without a result"
            ),
        }
    }

    /// A request that no handler was started for.
    pub(crate) fn request_refused(&self, request: &Request<'_>, reason: &str) {
        let Request {
            trace_id,
            service,
            instance,
            method,
            attempt,
        } = *request;
        match self.each("request_refused", service) {
            Some(Passed { count, suppressed }) => info!(
                event = "request_refused",
                trace_id,
                service,
                instance,
                method,
                attempt,
                reason,
                count,
                suppressed,
                "request refused before its handler started"
            ),
            None => debug!(
                event = "request_refused",
                trace_id,
                service,
                instance,
                method,
                attempt,
                reason,
                "request refused before its handler started"
            ),
        }
    }

    pub(crate) fn handler_panicked(&self, request: &Request<'_>) {
        let Request {
            trace_id,
            service,
            instance,
            method,
            attempt,
        } = *request;
        if let Some(Passed { count, suppressed }) = self.each("handler_panicked", service) {
            error!(
                event = "handler_panicked",
                trace_id,
                service,
                instance,
                method,
                attempt,
                count,
                suppressed,
                "a handler panicked; the service goes on"
            );
        }
    }

    /// If the broker is gone there is nobody to tell: the router settles the call.
    pub(crate) fn reply_not_sent(&self, request: &Request<'_>, error: PublishError) {
        let Request {
            trace_id,
            service,
            instance,
            ..
        } = *request;
        if !matches!(error, PublishError::Overloaded { .. }) {
            return debug!(
                event = "reply_not_sent",
                trace_id, service, instance, %error, "a reply could not be sent"
            );
        }
        if let Some(Passed { count, suppressed }) = self.each("reply_lost", service) {
            warn!(
                event = "reply_lost",
                trace_id,
                service,
                instance,
                %error,
                count,
                suppressed,
                "a reply is lost: too much waits to be sent; its caller cannot know the outcome"
            );
        }
    }

    /// The router's answer to the question named by `what`.
    pub(crate) fn invalid_answer(&self, what: &str, error: &dyn std::fmt::Display) {
        if let Some(Passed { count, suppressed }) = self.repeated("invalid_reply") {
            warn!(
                event = "invalid_reply",
                %error,
                count,
                suppressed,
                "the router's answer to a {what} cannot be read"
            );
        }
    }
}

/// A request as log lines name it.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) trace_id: &'a str,
    pub(crate) service: &'a str,
    pub(crate) instance: &'a str,
    pub(crate) method: &'a str,
    pub(crate) attempt: u32,
}

impl<'a> Request<'a> {
    pub(crate) fn of(context: &'a Context) -> Request<'a> {
        Request {
            trace_id: logged(context.trace_id()),
            service: context.service(),
            instance: context.instance(),
            method: context.method(),
            attempt: context.attempt,
        }
    }

    /// How late it starts tells how long the service lets requests wait.
    pub(crate) fn started(&self, waited: Duration) {
        debug!(
            event = "request_started",
            trace_id = self.trace_id,
            service = self.service,
            instance = self.instance,
            method = self.method,
            attempt = self.attempt,
            waited_ms = millis(waited),
            "handler starts"
        );
    }

    pub(crate) fn ended(&self, outcome: &'static str, took: Duration) {
        debug!(
            event = "request_ended",
            trace_id = self.trace_id,
            service = self.service,
            instance = self.instance,
            method = self.method,
            attempt = self.attempt,
            outcome,
            took_ms = millis(took),
            "handler ended"
        );
    }

    pub(crate) fn abandoned(&self) {
        warn!(
            event = "request_abandoned",
            trace_id = self.trace_id,
            service = self.service,
            instance = self.instance,
            method = self.method,
            attempt = self.attempt,
            "the runtime dropped a handler half-way"
        );
    }
}

pub(crate) fn call_answered(service: &str, method: &str, trace_id: &str, after: Duration) {
    debug!(
        event = "call_answered",
        trace_id = logged(trace_id),
        service,
        method,
        outcome = "result",
        after_ms = millis(after),
        "call ended with a result"
    );
}

pub(crate) fn call_sent_again(service: &str, method: &str, trace_id: &str, sending: u32) {
    info!(
        event = "call_sent_again",
        trace_id = logged(trace_id),
        service,
        method,
        sending,
        "call is sent once more"
    );
}

/// The trace id of a message that is a call's, as far as it can be read.
pub(crate) fn trace_id_in(body: &[u8]) -> Option<&str> {
    let trace_id = Echo::of(body).trace_id.map(logged);
    trace_id.filter(|trace_id| !trace_id.is_empty())
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn locked(limit: &Mutex<LogLimit>) -> MutexGuard<'_, LogLimit> {
    limit.lock().unwrap_or_else(PoisonError::into_inner)
}
