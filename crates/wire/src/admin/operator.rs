use aegis_types::{InstanceId, ServiceName};
use serde::{Deserialize, Serialize};

use super::error::{AdminError, EncodeError};
use super::reply;
use crate::names::name;
use crate::value::{ValueError, Writer, fields};

/// The operator's word about one instance: `ipc.admin.instance.drain`, `.undrain`, `.evict`.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `service`, `instance` | text | yes | names; trimmed |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperatorRequest<'a> {
    /// The service.
    pub service: &'a str,
    /// The instance.
    pub instance: &'a str,
}

impl<'a> OperatorRequest<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<OperatorRequest<'a>, ValueError> {
        let (mut service, mut instance) = (None, None);
        fields(body, |key, reader| {
            match key {
                b"service" => service = Some(reader.text("service")?),
                b"instance" => instance = Some(reader.text("instance")?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(OperatorRequest {
            service: name("service", service, ServiceName::check)?,
            instance: name("instance", instance, InstanceId::check)?,
        })
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("service").text(self.service);
            map.key("instance").text(self.instance);
        });
    }
}

/// What the operator's word did. An instance that does not exist, or a word that the router does
/// not know, is answered by a [`Refusal`](crate::Refusal).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OperatorReply {
    /// Always true; a refusal is a [`Refusal`](crate::Refusal).
    pub success: bool,
    /// The service.
    pub service: String,
    /// The instance.
    pub instance: String,
    /// `serving` or `draining`, now.
    pub lifecycle: String,
    /// Its health now; `removed` after an eviction.
    pub health: String,
    /// What an operator should know besides, for people.
    pub note: Option<String>,
}

impl OperatorReply {
    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        reply::encode(self, out)
    }

    /// Reads a reply, refusals included. Depth and lengths are checked before serde sees it.
    pub fn decode(body: &[u8]) -> Result<OperatorReply, AdminError> {
        reply::decode(body)
    }
}
