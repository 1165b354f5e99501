use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::refusal::{RefusalInfo, decode_done};
use crate::value::{Raw, ValueError};

/// One page of services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceList {
    /// Always true; a refusal is a [`Refusal`](crate::Refusal).
    pub success: bool,
    /// The services, by name.
    pub services: Vec<ServiceEntry>,
    /// What to ask for as `after`, if there are more.
    #[serde(default)]
    pub next: Option<String>,
}

/// One service. Counts are of its instances, except `in_flight`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceEntry {
    /// Its name.
    pub name: String,
    /// Instances in the registry.
    pub instances: u64,
    /// Of these: healthy.
    pub healthy: u64,
    /// Of these: suspect.
    pub suspect: u64,
    /// Of these: unhealthy.
    pub unhealthy: u64,
    /// Methods declared by any of them.
    pub methods: Vec<MethodEntry>,
    /// Calls in flight.
    pub in_flight: u64,
}

/// One method of a service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MethodEntry {
    /// Its name.
    pub name: String,
    /// `at_most_once` or `idempotent`.
    pub safety: String,
}

/// One page of instances.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceList {
    /// Always true; a refusal is a [`Refusal`](crate::Refusal).
    pub success: bool,
    /// The instances, by service and id.
    pub instances: Vec<InstanceEntry>,
    /// What to ask for as `after`, if there are more.
    #[serde(default)]
    pub next: Option<String>,
}

/// One instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceEntry {
    /// Its service.
    pub service: String,
    /// Its id.
    pub instance: String,
    /// Its life. Larger than JavaScript's exact integers.
    pub incarnation: u64,
    /// `native` or `legacy`.
    pub kind: String,
    /// `healthy`, `suspect` or `unhealthy`.
    pub health: String,
    /// Code of the evidence for that.
    pub reason: String,
    /// `serving` or `draining`.
    pub lifecycle: String,
    /// Whether calls go to it now.
    pub routable: bool,
    /// Calls it is working on.
    pub in_flight: u64,
    /// RFC 3339 with microseconds and `Z`.
    pub registered_at: String,
    /// Milliseconds since it was last heard of.
    pub last_heartbeat_ms_ago: u64,
    /// How long its registration lasts without a heartbeat, in milliseconds.
    pub lease_ttl_ms: u64,
    /// How often it sends heartbeats, in milliseconds.
    pub heartbeat_interval_ms: u64,
    /// Version of its software, if it said one.
    pub version: Option<String>,
    /// `ACTIVE` or `STANDBY`, if it asked for a role.
    pub role: Option<String>,
}

/// A page could not be written. Our own records always can.
#[derive(Debug, Error)]
#[error("the page cannot be written as MessagePack: {0}")]
pub struct EncodeError(#[from] rmp_serde::encode::Error);

/// Why a listing did not come.
#[derive(Debug, Error)]
pub enum AdminError {
    /// The router refused.
    #[error("{message}")]
    Refused {
        /// The stable code.
        code: String,
        /// What is wrong, for people.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The reply is not a message.
    #[error("the reply cannot be read: {0}")]
    Value(#[from] ValueError),
    /// The reply is not the list that was asked for.
    #[error("the reply is not the list that was asked for: {0}")]
    Record(#[from] rmp_serde::decode::Error),
}

impl AdminError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            AdminError::Refused { code, .. } => code,
            AdminError::Value(_) | AdminError::Record(_) => crate::ErrorCode::InvalidReply.text(),
        }
    }

    /// What to do, where that helps.
    pub fn hint(&self) -> Option<&str> {
        match self {
            AdminError::Refused { hint, .. } => hint.as_deref(),
            AdminError::Value(_) | AdminError::Record(_) => None,
        }
    }
}

impl From<RefusalInfo<'_>> for AdminError {
    fn from(refusal: RefusalInfo<'_>) -> AdminError {
        AdminError::Refused {
            code: refusal.code.to_owned(),
            message: refusal.message.to_owned(),
            hint: refusal.hint.map(str::to_owned),
        }
    }
}

/// A page of a listing.
pub trait Listing: Serialize + DeserializeOwned {
    /// Appends the message to `out`.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Ok(rmp_serde::encode::write_named(out, self)?)
    }

    /// Reads a reply, refusals included. Depth and lengths are checked before serde sees it.
    fn decode(body: &[u8]) -> Result<Self, AdminError> {
        let raw = Raw::new(body)?;
        decode_done(raw.bytes())??;
        Ok(rmp_serde::from_slice(raw.bytes())?)
    }
}

impl Listing for ServiceList {}
impl Listing for InstanceList {}
