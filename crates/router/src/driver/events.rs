//! What everybody is told: changes of instances and of the router's own trust.
//!
//! Events go to whoever watches, and nobody may be watching: they carry no token.

use std::time::Duration;

use aegis_core::{Beats, HealthChange, InstanceKey, TrustChange};
use aegis_types::{Health, HealthReason, Instant};
use aegis_wire::event::{InstanceEvent, RouterEvent};
use aegis_wire::{Zone, timestamp};

use super::Driver;

impl Driver {
    pub(super) fn announce(&mut self, now: Instant, change: &HealthChange) {
        crate::observe::health_changed(change);
        crate::observe::heartbeats_began_or_ended(change);
        let (service, instance) = (change.service.as_str(), change.instance.as_str());
        let subject = self.subjects.instance_event(service, instance);
        let at = timestamp(self.unix_micros(now), Zone::Z);
        let event = InstanceEvent {
            service,
            instance,
            incarnation: change.incarnation,
            from: change.from.map(Health::as_str),
            to: change.to.map_or(InstanceEvent::REMOVED, Health::as_str),
            reason: change.reason.map_or("", HealthReason::code),
            evidence: &change
                .reason
                .map_or_else(String::new, |reason| evidence_text(reason, change.silent)),
            routable: change.routable,
            at: &at,
        };
        self.outbox
            .publish(&subject, None, &[], None, |out| event.encode(out));
    }

    pub(super) fn report_beats(&mut self, instance: InstanceKey, beats: Beats, silent: Duration) {
        if let Some(view) = self.core.instance(instance) {
            self.lines.beats_changed(&view, beats, silent);
        }
    }

    pub(super) fn announce_trust(&mut self, now: Instant, change: &TrustChange) {
        crate::observe::trust_changed(change);
        let at = timestamp(self.unix_micros(now), Zone::Z);
        let evidence = format!(
            "{} of {} live instances are silent",
            change.silent, change.live
        );
        self.publish_router_event(change.to.as_str(), change.reason.code(), &evidence, &at);
    }

    pub(super) fn announce_stopping(&mut self, now: Instant) {
        let at = timestamp(self.unix_micros(now), Zone::Z);
        let evidence = format!("{} calls in flight", self.core.calls_in_flight());
        self.publish_router_event(RouterEvent::STOPPING, "asked", &evidence, &at);
    }

    /// It answers requests from now on: on a real NATS server, whose connections outlive routers, whoever
    /// waits for an answer has to hear of it.
    pub fn announce_serving(&mut self, now: Instant, reason: &str, evidence: &str) {
        let at = timestamp(self.unix_micros(now), Zone::Z);
        self.publish_router_event(RouterEvent::SERVING, reason, evidence, &at);
    }

    fn publish_router_event(&mut self, what: &str, reason: &str, evidence: &str, at: &str) {
        let event = RouterEvent {
            router: &self.router,
            what,
            reason,
            evidence,
            at,
        };
        let subject = self.subjects.router_event();
        self.outbox
            .publish(&subject, None, &[], None, |out| event.encode(out));
    }
}

/// The evidence for people.
pub(super) fn evidence_text(reason: HealthReason, silent: Duration) -> String {
    let silent = silent.as_millis();
    match reason {
        HealthReason::Registered => "it registered".to_owned(),
        HealthReason::Welcomed => "it answered its welcome probe".to_owned(),
        HealthReason::HeartbeatResumed => "it sends heartbeats".to_owned(),
        HealthReason::ProbeAnswered => "it answered a probe".to_owned(),
        HealthReason::InboxSubscribed => "its inbox has a subscriber".to_owned(),
        HealthReason::ReplyReceived => "it answered a call".to_owned(),
        HealthReason::NoResponders => "a send to its inbox reached nobody".to_owned(),
        HealthReason::InboxGone => "its inbox has no subscriber".to_owned(),
        HealthReason::ConnectionClosed => "it closed the connection that vouches for it".to_owned(),
        HealthReason::Disconnected => "the NATS server says that its connection ended".to_owned(),
        HealthReason::LeaseExpired | HealthReason::Late => format!("silent for {silent} ms"),
        HealthReason::ProbeUnanswered => {
            format!("silent for {silent} ms, and a probe was not answered")
        }
        HealthReason::Flapping => "it went and came back three times in ten leases".to_owned(),
        HealthReason::SelfDegraded => "it says that it works badly".to_owned(),
        HealthReason::SelfUnhealthy => "it says that it must not be used".to_owned(),
        HealthReason::SelfHealthy => "it says that all is well".to_owned(),
        HealthReason::Lagging => "its handlers' runtime runs more than 1000 ms late".to_owned(),
        HealthReason::Ejected => "too many of its calls failed".to_owned(),
        HealthReason::Readmitted => "its ejection is over".to_owned(),
        HealthReason::Drained => "an operator drained it".to_owned(),
        HealthReason::Undrained => "an operator gives it work again".to_owned(),
        HealthReason::Draining => "it takes no new work and finishes what it has".to_owned(),
        HealthReason::Serving => "it takes work again".to_owned(),
        HealthReason::Evicted => "an operator put it out".to_owned(),
        HealthReason::Deregistered => "it deregistered".to_owned(),
        HealthReason::Replaced => "a later life of it registered".to_owned(),
        HealthReason::Adopted => "it beats without having registered here".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_the_core_is_the_one_that_callers_wait_for() {
        let code = aegis_core::TrustReason::BrokerRegained.code();
        assert_eq!(code, RouterEvent::BROKER_REGAINED);
    }
}
