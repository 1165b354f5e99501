//! Log lines: every code that the router logs is here. Never a payload, never a token.

use aegis_bus::PublishError;
use aegis_core::{
    AttemptNo, CallFailure, HealthChange, HeartbeatRefusal, RegistrationRefusal, TrustChange,
    TrustState,
};
use aegis_types::limits::MAX_LOGGED_TRACE_BYTES;
use aegis_types::{Health, InstanceId, Outcome, ServiceName};
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

pub(crate) fn registration_refused(service: &str, instance: &str, why: &RegistrationRefusal) {
    warn!(
        event = "registration_refused",
        service, instance, "registration refused: {why}"
    );
}

pub(crate) fn heartbeat_refused(service: &str, instance: &str, why: HeartbeatRefusal) {
    debug!(
        event = "heartbeat_refused",
        service, instance, "heartbeat refused: {why}"
    );
}

pub(crate) fn rerouted(
    attempt: AttemptNo,
    service: &ServiceName,
    instance: &InstanceId,
    trace_id: Option<&str>,
) {
    info!(
        event = "call_rerouted",
        trace_id = trace_id.map(cut),
        service = service.as_str(),
        instance = instance.as_str(),
        attempt = attempt.0,
        "call goes on to another instance"
    );
}

/// What may have run and must be looked after is a warning; what a caller can mend or repeat is
/// not.
pub(crate) fn call_failed(
    code: ErrorCode,
    message: &str,
    trace_id: Option<&str>,
    failure: &CallFailure,
) {
    let trace_id = trace_id.map(cut);
    let (error_code, outcome) = (code.text(), failure.kind.outcome().as_str());
    if failure.kind.outcome() == Outcome::NotRun {
        debug!(
            event = "call_failed",
            trace_id, error_code, outcome, "{message}"
        );
    } else {
        warn!(
            event = "call_failed",
            trace_id, error_code, outcome, "{message}"
        );
    }
}

pub(crate) fn invalid_reply(why: &str, trace_id: Option<&str>) {
    warn!(
        event = "invalid_reply",
        trace_id = trace_id.map(cut),
        "reply cannot be used: {why}"
    );
}

/// The first is told, the rest are counted.
pub(crate) fn unanswerable(count: u64, subject: &str) {
    if count == 1 {
        warn!(
            event = "request_unanswerable",
            subject = cut(subject),
            "dropped a request without a usable reply subject; further ones are only counted"
        );
    }
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

/// The first is told, then ever rarer.
pub(crate) fn unsent(count: u64, subject: &str, error: &PublishError) {
    if count.is_power_of_two() {
        error!(
            event = "router_message_unsent",
            subject = cut(subject),
            count,
            "a message could not be sent: {error}"
        );
    }
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
