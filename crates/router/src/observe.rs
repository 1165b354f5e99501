//! Log lines: every code that the router logs is here. Never a payload, never a token.

mod calls;

use std::time::Duration;

use aegis_bus::PublishError;
use aegis_core::{
    Beats, HealthChange, HeartbeatRefusal, InstanceView, RegistrationRefusal, TrustChange,
    TrustState,
};
use aegis_types::limits::MAX_LOGGED_TRACE_BYTES;
use aegis_types::{Health, HealthReason, Instant, LogLimit, Passed};
use aegis_wire::call::Echo;
use tracing::{debug, error, info, warn};

use crate::OtherRouter;

pub(crate) use calls::{Named, answered, call_refused, sent};

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
        let names = [service, instance];
        if let Some(Passed { count, suppressed }) = self.repeated.pass(event, names, self.now) {
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
        let names = [service, instance];
        if let Some(Passed { count, suppressed }) = self.repeated.pass(event, names, self.now) {
            info!(
                event = "heartbeat_refused",
                service, instance, %why, count, suppressed, "heartbeat refused"
            );
        }
    }

    /// How an instance's heartbeats come from now on. A silence and its end are told as they are,
    /// whatever the instance's health is.
    pub(crate) fn beats_changed(
        &mut self,
        view: &InstanceView<'_>,
        beats: Beats,
        silent: Duration,
    ) {
        let (service, instance) = (view.service.as_str(), view.id.as_str());
        let incarnation = view.incarnation.bits();
        let silent_ms = u64::try_from(silent.as_millis()).unwrap_or(u64::MAX);
        let event = match beats {
            Beats::Arriving => {
                return info!(
                    event = "heartbeat_recovered",
                    service, instance, incarnation, silent_ms, "heartbeats arrive again"
                );
            }
            Beats::Late => "heartbeat_late",
            Beats::Missed => "heartbeat_missed",
        };
        let names = [service, instance];
        let Some(Passed { count, suppressed }) = self.repeated.pass(event, names, self.now) else {
            return;
        };
        if beats == Beats::Late {
            warn!(
                event = "heartbeat_late",
                service, instance, incarnation, silent_ms, count, suppressed, "heartbeats are late"
            );
        } else {
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

    /// What a stranger sent says itself whose call it was to be.
    pub(crate) fn unanswerable(&mut self, subject: &str, body: &[u8]) {
        let event = "request_unanswerable";
        // By strangers' subjects it would be a line for each.
        if let Some(Passed { count, suppressed }) = self.repeated.pass(event, [], self.now) {
            warn!(
                event = "request_unanswerable",
                trace_id = trace_id_in(body),
                subject = cut(subject),
                count,
                suppressed,
                "dropped a request without a usable reply subject"
            );
        }
    }

    /// It may be the answer of a call, or an attempt of it: its caller hears nothing.
    pub(crate) fn unsent(&mut self, subject: &str, body: &[u8], error: &PublishError) {
        let event = "router_message_unsent";
        if let Some(Passed { count, suppressed }) = self.calls.pass(event, [], self.now) {
            error!(
                event = "router_message_unsent",
                trace_id = trace_id_in(body),
                subject = cut(subject),
                %error,
                count,
                suppressed,
                "a message could not be sent"
            );
        }
    }
}

/// The trace id of a message that is a call's, as far as it can be read.
fn trace_id_in(body: &[u8]) -> Option<&str> {
    let trace_id = Echo::of(body).trace_id.map(cut);
    trace_id.filter(|trace_id| !trace_id.is_empty())
}

/// Whether heartbeats of a life are expected, from its first change and its last one.
pub(crate) fn heartbeats_began_or_ended(change: &HealthChange) {
    let (service, instance) = (change.service.as_str(), change.instance.as_str());
    let incarnation = change.incarnation.bits();
    let reason = change.reason.map_or("", HealthReason::code);
    match (change.from, change.to) {
        (None, Some(_)) => debug!(
            event = "heartbeat_started",
            service, instance, incarnation, reason, "heartbeats begin"
        ),
        (_, None) => debug!(
            event = "heartbeat_stopped",
            service, instance, incarnation, reason, "no heartbeat follows"
        ),
        _ => {}
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aegis_wire::call::{InboxCall, ReplyEncoder};
    use aegis_wire::value::Raw;

    use super::trace_id_in;

    /// Whatever of a call cannot be sent on, its line tells whose it was.
    #[test]
    fn attempts_and_answers_that_cannot_be_sent_tell_their_trace() {
        let attempt = InboxCall {
            method: "place",
            params: Raw::NIL,
            trace_id: "t1",
            correlation_id: "c",
            message_id: None,
            service_name: None,
            attempt: 1,
            timeout_ms: None,
            deadline_ms: None,
            incarnation: None,
            caller: None,
        };
        let (mut native, mut legacy, mut answer) = (Vec::new(), Vec::new(), Vec::new());
        attempt.encode_native(&mut native);
        attempt.encode_legacy(&mut legacy);
        let encoder = ReplyEncoder {
            trace_id: Some("t1"),
            message_id: None,
            instance_id: None,
            duration: Duration::ZERO,
            unix_micros: 0,
            attempt: 1,
        };
        encoder.success(&mut answer, Raw::NIL);
        for body in [native, legacy, answer] {
            assert_eq!(trace_id_in(&body), Some("t1"));
        }
        assert_eq!(trace_id_in(b"no map"), None);
    }
}
