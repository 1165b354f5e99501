use serde::{Deserialize, Serialize};

use super::error::{AdminError, EncodeError};
use super::reply;

/// The router of itself: the answer on `ipc.admin.router.info`, whose request is empty.
///
/// Whoever looks for what is wrong compares it with what he sees: clocks, versions, limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouterInfo {
    /// Always true; a refusal is a [`Refusal`](crate::Refusal).
    pub success: bool,
    /// Id of its life.
    pub id: String,
    /// Version of the program.
    pub version: String,
    /// Since when it answers requests: milliseconds since 1970, by its own clock.
    pub since_ms: u64,
    /// How far it trusts what it sees: `normal`, `warming` or `preserving`.
    pub trust: String,
    /// Milliseconds since that changed.
    pub trust_since_ms_ago: u64,
    /// What carries its messages: one of the words below.
    pub broker: String,
    /// What tells it first that an instance is gone: one of the words below.
    pub evidence: String,
    /// Id of its data directory, if it has one.
    pub store: Option<String>,
    /// What time it is there: milliseconds since 1970.
    pub clock_ms: u64,
    /// The same on its monotonic clock, whose origin means nothing elsewhere.
    pub monotonic_ms: u64,
    /// Services in the registry. Not `services`, which is a list wherever it is a key.
    pub services_known: u64,
    /// Instances in the registry.
    pub instances_known: u64,
    /// Calls that it has not answered yet.
    pub calls_in_flight: u64,
    /// Most bytes of headers and body in one message, if its host said so.
    pub max_payload: Option<u64>,
    /// First tokens of every subject it serves.
    pub prefix: String,
    /// Heartbeat interval of instances that name none, in milliseconds.
    pub heartbeat_interval_ms: u64,
    /// How long a registration lasts without a heartbeat, in milliseconds.
    pub lease_ttl_ms: u64,
}

impl RouterInfo {
    /// Broker: the router's own, in the same process.
    pub const EMBEDDED: &'static str = "embedded";
    /// Broker: NATS servers.
    pub const NATS: &'static str = "nats";
    /// Evidence, on NATS servers: a system account is told whose connection ended.
    pub const DISCONNECT_EVENTS: &'static str = "disconnect_events";
    /// Evidence, on NATS servers: a send that reaches nobody, and the lease.
    pub const NO_RESPONDERS: &'static str = "no_responders";

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        reply::encode(self, out)
    }

    /// Reads a reply, refusals included. Depth and lengths are checked before serde sees it.
    pub fn decode(body: &[u8]) -> Result<RouterInfo, AdminError> {
        reply::decode(body)
    }
}
