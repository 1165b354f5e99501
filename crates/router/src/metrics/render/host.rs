use std::fmt;

use aegis_broker::BrokerStatus;
use aegis_core::TrustState;
use aegis_nats::switch::limit;

use super::rows::Rows;
use crate::metrics::Snapshot;
use crate::metrics::catalogue as names;
use crate::nats::Phase;

/// What only the host knows.
#[derive(Clone, Debug)]
pub enum HostNumbers {
    /// The embedded broker.
    Embedded(BrokerStatus),
    /// A client of NATS servers.
    Nats {
        /// What it does.
        phase: Phase,
        /// The server tells whose connections end.
        hears_disconnects: bool,
        /// Messages that the connection took no more.
        unsent: u64,
        /// Requests and heartbeats that were dropped, since another router might serve.
        fenced: u64,
    },
}

const STATES: [&str; 7] = [
    "connecting",
    "looking",
    "standby",
    "serving",
    "broker_lost",
    "stopping",
    "ended",
];

impl HostNumbers {
    fn state(&self) -> &'static str {
        match self {
            HostNumbers::Embedded(status) => match (status.is_running, status.is_stopping) {
                (_, true) => "stopping",
                (true, false) => "serving",
                (false, false) => "ended",
            },
            HostNumbers::Nats { phase, .. } => match phase {
                Phase::Connecting => "connecting",
                Phase::Looking => "looking",
                Phase::StandingBy(_) => "standby",
                Phase::Serving => "serving",
                Phase::BrokerLost => "broker_lost",
                Phase::Stopping => "stopping",
                Phase::Ended => "ended",
            },
        }
    }

    /// How often the limits of the broker refused somebody, if it is ours.
    pub(super) fn limits(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counters = match self {
            HostNumbers::Embedded(status) => Some(status.counters),
            HostNumbers::Nats { .. } => None,
        };
        let counts = counters.map(|of| {
            [
                (limit::CONNECTIONS, of.connections_limited),
                (limit::SUBSCRIPTIONS, of.subscriptions_limited),
                (limit::PAYLOAD_BYTES, of.payloads_limited),
                (
                    limit::PENDING_BYTES,
                    of.slow_consumers.saturating_sub(of.evictions),
                ),
                (limit::PENDING_BYTES_TOTAL, of.evictions),
            ]
        });
        counts.into_iter().flatten()
    }

    fn is_connected(&self) -> bool {
        match self {
            HostNumbers::Embedded(status) => status.is_running,
            HostNumbers::Nats { phase, .. } => {
                !matches!(phase, Phase::Connecting | Phase::BrokerLost | Phase::Ended)
            }
        }
    }
}

/// The router itself.
pub(super) fn router(rows: &mut Rows<'_>, host: &HostNumbers, of: &Snapshot) -> fmt::Result {
    rows.by_label(&names::BUILD_INFO, [(env!("CARGO_PKG_VERSION"), 1)])?;
    let states = STATES.map(|state| (state, u64::from(state == host.state())));
    rows.by_label(&names::ROUTER_STATE, states)?;
    rows.one(&names::BROKER_CONNECTED, u64::from(host.is_connected()))?;
    let trust = [
        TrustState::Normal,
        TrustState::Warming,
        TrustState::Preserving,
    ];
    let trust = trust.map(|state| (state.as_str(), u64::from(state == of.trust)));
    rows.by_label(&names::TRUST, trust)?;
    let mut changes = rows.family(&names::TRUST_CHANGES)?;
    for ((to, reason), count) in &of.counts.trust {
        changes.number(&[to, reason], *count)?;
    }
    rows.family(&names::LATENESS)?.histogram(&[], &of.lateness)
}

/// The broker, as far as the router is told.
pub(super) fn broker(rows: &mut Rows<'_>, host: &HostNumbers) -> fmt::Result {
    match host {
        HostNumbers::Embedded(status) => embedded(rows, status),
        HostNumbers::Nats {
            hears_disconnects,
            unsent,
            fenced,
            ..
        } => {
            rows.one(&names::EVIDENCE, u64::from(*hears_disconnects))?;
            rows.one(&names::UNSENT, *unsent)?;
            rows.one(&names::FENCED, *fenced)
        }
    }
}

fn embedded(rows: &mut Rows<'_>, status: &BrokerStatus) -> fmt::Result {
    let of = &status.counters;
    rows.one(&names::BROKER_CONNECTIONS, status.connections as u64)?;
    rows.one(&names::BROKER_OPENED, of.connections_opened)?;
    let refused = [
        ("limit", of.connections_refused),
        ("system", status.accepts_failed),
    ];
    rows.by_label(&names::BROKER_REFUSED, refused)?;
    let cut = [
        (
            "slow_consumer",
            of.slow_consumers.saturating_sub(of.evictions),
        ),
        ("memory", of.evictions),
        ("protocol_error", of.protocol_errors),
        ("stale", of.stale_connections),
        ("connect_timeout", of.connect_timeouts),
    ];
    rows.by_label(&names::BROKER_CUT, cut)?;
    rows.one(&names::BROKER_MESSAGES_IN, of.messages_in)?;
    rows.one(&names::BROKER_MESSAGES_OUT, of.messages_out)?;
    rows.one(&names::BROKER_BYTES_IN, of.bytes_in)?;
    rows.one(&names::BROKER_BYTES_OUT, of.bytes_out)?;
    rows.one(&names::BROKER_NO_RESPONDERS, of.no_responders)?;
    rows.one(&names::BROKER_OPERATIONS_REFUSED, of.operations_refused)?;
    rows.one(&names::BROKER_BUDGETS_SPENT, of.budgets_spent)
}
