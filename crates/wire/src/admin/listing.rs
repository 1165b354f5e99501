use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::entries::{InstanceEntry, RouterEntry, ServiceEntry};
use super::error::{AdminError, EncodeError};
use super::reply;

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
    /// Who answers.
    #[serde(default)]
    pub router: Option<RouterEntry>,
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
    /// Who answers.
    #[serde(default)]
    pub router: Option<RouterEntry>,
}

/// A page of a listing.
pub trait Listing: Serialize + DeserializeOwned {
    /// Appends the message to `out`.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        reply::encode(self, out)
    }

    /// Reads a reply, refusals included. Depth and lengths are checked before serde sees it.
    fn decode(body: &[u8]) -> Result<Self, AdminError> {
        reply::decode(body)
    }
}

impl Listing for ServiceList {}
impl Listing for InstanceList {}
