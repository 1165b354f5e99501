//! Log lines: every code that the router logs is here. Never a payload, never a token.

use aegis_bus::PublishError;
use aegis_core::{
    AttemptNo, CallFailure, HealthChange, HeartbeatRefusal, InstanceView, RegistrationRefusal,
    TrustChange, TrustState,
};
use aegis_types::limits::MAX_LOGGED_TRACE_BYTES;
use aegis_types::{
    Health, HealthReason, InstanceId, Instant, LogLimit, Outcome, Passed, ServiceName,
};
use aegis_wire::ErrorCode;
use tracing::{debug, error, info, warn};

use crate::OtherRouter;

/// A trace id as it is logged: it comes from outside and may be long.
pub(crate) fn cut(trace_id: &str) -> &str {
    &trace_id[..trace_id.floor_char_boundary(MAX_LOGGED_TRACE_BYTES)]
}

pub(crate) fn health_changed(change: &HealthChange) {
    let from = change.from.map_or("new", Health::as_str);
    let to = change.to.map_or("removed", Health::as_str);
    let reason = change.reason.map_or("", |reason| reason.code());
    let (service, instance) = (change.service.as_str(), change.instance.as_str());
    let in_flight = change.in_flight;
    let incarnation = change.incarnation.bits();
    if matches!(change.to, None | Some(Health::Joining | Health::Healthy)) {
        info!(
            event = "instance_health_changed",
            service, instance, incarnation, from, to, reason, in_flight, "instance is {to}"
        );
    } else {
        warn!(
            event = "instance_health_changed",
            service, instance, incarnation, from, to, reason, in_flight, "instance is {to}"
        );
    }
}

/// A router that preserves needs somebody to look: the network, or itself, is likely at fault.
pub(crate) fn trust_changed(change: &TrustChange) {
    let (from, to) = (change.from.as_str(), change.to.as_str());
    let (reason, live, silent) = (change.reason.code(), change.live, change.silent);
    match change.to {
        TrustState::Preserving => warn!(
            event = "router_trust_changed",
            from,
            to,
            reason,
            live,
            silent,
            "{silent} of {live} instances fell silent at once: \
             nobody is expired by silence until they are heard, proven gone, or time is over"
        ),
        TrustState::Warming | TrustState::Normal => info!(
            event = "router_trust_changed",
            from, to, reason, live, silent, "router is {to}"
        ),
    }
}

pub(crate) fn operator_obeyed(service: &str, instance: &str, health: Option<Health>, held: bool) {
    let health = health.map_or("removed", Health::as_str);
    info!(
        event = "operator_obeyed",
        service, instance, health, held, "an operator's word about an instance was taken"
    );
}

/// Log lines that repeat under load or under attack: counted, not repeated.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The time of the message or timer in hand.
    pub(crate) now: Instant,
    repeated: LogLimit,
    calls: LogLimit,
}

impl Default for Lines {
    fn default() -> Lines {
        Lines {
            now: Instant::ZERO,
            repeated: LogLimit::of_repeated(),
            calls: LogLimit::of_each(),
        }
    }
}

impl Lines {
    pub(crate) fn registration_refused(
        &mut self,
        service: &str,
        instance: &str,
        why: &RegistrationRefusal,
    ) {
        let event = "registration_refused";
        if let Some(Passed { count, suppressed }) = self.repeated.pass(event, instance, self.now) {
            warn!(
                event = "registration_refused",
                service, instance, %why, count, suppressed, "registration refused"
            );
        }
    }

    /// One that goes on beating in vain would be a line per beat.
    pub(crate) fn heartbeat_refused(
        &mut self,
        service: &str,
        instance: &str,
        why: HeartbeatRefusal,
    ) {
        let event = "heartbeat_refused";
        if let Some(Passed { count, suppressed }) = self.repeated.pass(event, instance, self.now) {
            info!(
                event = "heartbeat_refused",
                service, instance, %why, count, suppressed, "heartbeat refused"
            );
        }
    }

    /// What becomes of an instance's heartbeats, as far as the change is about them.
    pub(crate) fn heartbeats_changed(&mut self, change: &HealthChange) {
        let (service, instance) = (change.service.as_str(), change.instance.as_str());
        let incarnation = change.incarnation.bits();
        let silent_ms = u64::try_from(change.silent.as_millis()).unwrap_or(u64::MAX);
        let reason = change.reason.map_or("", HealthReason::code);
        match (change.from, change.to, change.reason) {
            (None, Some(_), _) => debug!(
                event = "heartbeat_started",
                service, instance, incarnation, reason, "heartbeats begin"
            ),
            (_, None, _) => debug!(
                event = "heartbeat_stopped",
                service, instance, incarnation, reason, "no heartbeat follows"
            ),
            (_, _, Some(HealthReason::Late)) => {
                let event = "heartbeat_late";
                if let Some(Passed { count, suppressed }) =
                    self.repeated.pass(event, instance, self.now)
                {
                    warn!(
                        event = "heartbeat_late",
                        service,
                        instance,
                        incarnation,
                        silent_ms,
                        count,
                        suppressed,
                        "heartbeats are late"
                    );
                }
            }
            (_, _, Some(HealthReason::LeaseExpired)) => {
                let event = "heartbeat_missed";
                if let Some(Passed { count, suppressed }) =
                    self.repeated.pass(event, instance, self.now)
                {
                    warn!(
                        event = "heartbeat_missed",
                        service,
                        instance,
                        incarnation,
                        silent_ms,
                        count,
                        suppressed,
                        "the lease ended without a heartbeat"
                    );
                }
            }
            (_, _, Some(HealthReason::HeartbeatResumed)) => info!(
                event = "heartbeat_recovered",
                service, instance, incarnation, "heartbeats arrive again"
            ),
            _ => {}
        }
    }

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
        match self.calls.pass("call_rerouted", service, self.now) {
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
    /// not.
    pub(crate) fn call_failed(
        &mut self,
        code: ErrorCode,
        message: &str,
        trace_id: Option<&str>,
        failure: &CallFailure,
    ) {
        let trace_id = trace_id.map(cut);
        let (error_code, outcome) = (code.text(), failure.kind.outcome().as_str());
        let passed = match failure.kind.outcome() {
            Outcome::NotRun => None,
            _ => self.calls.pass("call_failed", error_code, self.now),
        };
        match passed {
            Some(Passed { count, suppressed }) => warn!(
                event = "call_failed",
                trace_id, error_code, outcome, count, suppressed, "{message}"
            ),
            None => debug!(
                event = "call_failed",
                trace_id, error_code, outcome, "{message}"
            ),
        }
    }

    pub(crate) fn invalid_reply(&mut self, why: &str, trace_id: Option<&str>) {
        if let Some(Passed { count, suppressed }) = self.calls.pass("invalid_reply", "", self.now) {
            warn!(
                event = "invalid_reply",
                trace_id = trace_id.map(cut),
                count,
                suppressed,
                "reply cannot be used: {why}"
            );
        }
    }

    pub(crate) fn unanswerable(&mut self, subject: &str) {
        let event = "request_unanswerable";
        // By strangers' subjects it would be a line for each.
        if let Some(Passed { count, suppressed }) = self.repeated.pass(event, "", self.now) {
            warn!(
                event = "request_unanswerable",
                subject = cut(subject),
                count,
                suppressed,
                "dropped a request without a usable reply subject"
            );
        }
    }

    pub(crate) fn unsent(&mut self, subject: &str, error: &PublishError) {
        let event = "router_message_unsent";
        if let Some(Passed { count, suppressed }) = self.repeated.pass(event, "", self.now) {
            error!(
                event = "router_message_unsent",
                subject = cut(subject),
                %error,
                count,
                suppressed,
                "a message could not be sent"
            );
        }
    }
}

/// A request that never became a call: the caller is told the same.
pub(crate) fn call_refused(code: ErrorCode, message: &str, trace_id: Option<&str>) {
    debug!(
        event = "call_refused",
        error_code = code.text(),
        trace_id = trace_id.map(cut),
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
    trace_id: Option<&str>,
    instance: Option<&str>,
    attempt: u32,
    outcome: &'static str,
) {
    debug!(
        event = "call_answered",
        trace_id = trace_id.map(cut),
        instance,
        attempt,
        outcome,
        "the answer of the handler was passed on"
    );
}

pub(crate) fn broker_lost(in_flight: usize) {
    warn!(
        event = "broker_lost",
        in_flight,
        "lost the NATS server: nothing is heard, so nobody is expired; calls in flight are settled on reconnect"
    );
}

pub(crate) fn broker_regained() {
    info!(event = "broker_regained", "has a NATS server again");
}

/// Said once per outage.
pub(crate) fn waits_for_broker(server: &str, error: &str) {
    warn!(
        event = "router_waits_for_broker",
        server, error, "no NATS server can be reached; trying on"
    );
}

pub(crate) fn stands_by(first: &OtherRouter) {
    info!(
        event = "router_stands_by",
        first = first.router,
        host = first.host,
        pid = first.pid,
        "another router serves: standing by"
    );
}

pub(crate) fn yields(to: &OtherRouter) {
    warn!(
        event = "router_yields",
        to = to.router,
        host = to.host,
        pid = to.pid,
        "another router serves: giving way to it"
    );
}

/// A router that takes over without the durable state of the one before must not act as if it had it.
pub(crate) fn serves(router: &str, place_of: Option<&OtherRouter>, store: &str) {
    match place_of {
        None => info!(event = "router_serves", router, "serving"),
        Some(before) if before.store == store => info!(
            event = "router_took_over",
            router,
            before = before.router,
            "took over, with the data directory of the router before"
        ),
        Some(before) => warn!(
            event = "router_took_over",
            router,
            before = before.router,
            "took over without the data directory of the router before: what only that one kept \
             (operators' words today; roles and reliable calls when they come) is not known here"
        ),
    }
}

/// Said once, and once more when it is over.
pub(crate) fn doubts(in_flight: usize) {
    warn!(
        event = "router_doubts",
        in_flight,
        "was stopped or cut off for so long that another router may have taken over: \
         handles no request until it has looked"
    );
}

pub(crate) fn resumes(dropped: u64) {
    warn!(
        event = "router_resumes",
        dropped,
        "nobody took over: serving again; what it dropped meanwhile is sent again or ends at its deadline"
    );
}

pub(crate) fn unseated(silent: &OtherRouter) {
    info!(
        event = "silent_router_unseated",
        before = silent.router,
        "the connection of the router that fell silent was ended: the NATS server gives it no more requests"
    );
}

pub(crate) fn silent_router_remains(silent: &OtherRouter) {
    warn!(
        event = "silent_router_remains",
        before = silent.router,
        "if the router that fell silent hangs, the NATS server goes on giving it its share of requests, \
         and nobody answers those, until it has missed the server's pings (`ping_interval`, `ping_max`: \
         6 minutes by default); no user of a system account could end its connection"
    );
}

pub(crate) fn witnesses(account: &str) {
    info!(
        event = "disconnect_events_heard",
        account, "the NATS server tells whose connections end"
    );
}

pub(crate) fn witnesses_no_more(known: usize) {
    warn!(
        event = "disconnect_events_lost",
        known,
        "lost the connection of the system account: until it is back, 503 and leases tell who is gone"
    );
}

/// Said once per outage.
pub(crate) fn no_system_account(server: &str, error: &str) {
    warn!(
        event = "system_account_unreachable",
        server, error, "cannot use the system account: 503 and leases tell who is gone"
    );
}
