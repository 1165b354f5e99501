//! What the router says of itself, and what its host tells the driver for that.

use aegis_types::Instant;
use aegis_wire::admin::RouterInfo;

use super::Driver;
use super::register::millis;

/// What tells first that an instance is gone. It follows from the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EvidenceInForce {
    /// The embedded broker sees connections end and inboxes lose their subscribers.
    #[default]
    Embedded,
    /// A NATS server tells a system account whose connection ended.
    DisconnectEvents,
    /// A NATS server says of each send whether it reached nobody; the lease tells the rest.
    NoResponders,
}

impl EvidenceInForce {
    fn broker(self) -> &'static str {
        match self {
            EvidenceInForce::Embedded => RouterInfo::EMBEDDED,
            EvidenceInForce::DisconnectEvents | EvidenceInForce::NoResponders => RouterInfo::NATS,
        }
    }

    fn word(self) -> &'static str {
        match self {
            EvidenceInForce::Embedded => RouterInfo::EMBEDDED,
            EvidenceInForce::DisconnectEvents => RouterInfo::DISCONNECT_EVENTS,
            EvidenceInForce::NoResponders => RouterInfo::NO_RESPONDERS,
        }
    }
}

/// What a driver cannot know of the place where it runs.
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
    /// See there.
    pub evidence: EvidenceInForce,
    /// Id of the data directory; empty: there is none.
    pub store: String,
    /// Since when requests are answered.
    pub since: Instant,
    /// What its broker takes in one message, where the driver does not keep to it itself
    /// ([`Driver::set_max_payload`]).
    pub max_payload: Option<usize>,
}

impl Driver {
    /// Where it runs, for whoever asks.
    pub fn set_host(&mut self, host: HostFacts) {
        self.host = host;
    }

    /// Another evidence is in force: the system account was reached, or lost.
    pub fn set_evidence(&mut self, evidence: EvidenceInForce) {
        self.host.evidence = evidence;
    }

    pub(super) fn router_info(&self, now: Instant) -> RouterInfo {
        let (trust, since) = self.core.trust();
        let own = Some(self.max_payload).filter(|max| *max < usize::MAX);
        let max_payload = own.or(self.host.max_payload);
        let config = self.core.config();
        let (mut services, mut instances) = (0, 0);
        for service in self.core.services() {
            services += 1;
            instances += u64::from(service.instances);
        }
        RouterInfo {
            success: true,
            id: self.router.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            since_ms: self.unix_micros(self.host.since) / 1_000,
            trust: trust.as_str().to_owned(),
            trust_since_ms_ago: millis(now.saturating_since(since)),
            broker: self.host.evidence.broker().to_owned(),
            evidence: self.host.evidence.word().to_owned(),
            store: (!self.host.store.is_empty()).then(|| self.host.store.clone()),
            clock_ms: self.unix_micros(now) / 1_000,
            monotonic_ms: now.as_nanos() / 1_000_000,
            services_known: services,
            instances_known: instances,
            calls_in_flight: self.core.calls_in_flight() as u64,
            max_payload: max_payload.map(|max| max as u64),
            prefix: self.subjects.prefix().to_owned(),
            heartbeat_interval_ms: millis(config.heartbeat_interval),
            lease_ttl_ms: millis(config.lease_ttl),
        }
    }
}
