use aegis_types::Incarnation;

use super::LeaseToken;
use crate::names::{present, service_and_instance};
use crate::refusal::{RefusalInfo, decode_done};
use crate::value::{ValueError, Writer, fields};

/// An instance leaves.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `service_name`, `instance_id` | text | yes | names; trimmed |
/// | `incarnation` | int | native | the life that leaves |
/// | `lease_token` | int | native | from its registration |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnregisterRequest<'a> {
    /// The service.
    pub service_name: &'a str,
    /// The instance.
    pub instance_id: &'a str,
    /// What a native instance adds.
    pub native: Option<NativeUnregister>,
}

/// What a native instance adds to its leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeUnregister {
    /// The life that leaves.
    pub incarnation: Incarnation,
    /// From its registration.
    pub lease_token: LeaseToken,
}

impl<'a> UnregisterRequest<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<UnregisterRequest<'a>, ValueError> {
        let (mut service_name, mut instance_id) = (None, None);
        let (mut incarnation, mut token) = (None, None);
        fields(body, |key, reader| {
            match key {
                b"service_name" => service_name = Some(reader.text("service_name")?),
                b"instance_id" => instance_id = Some(reader.text("instance_id")?),
                b"incarnation" => incarnation = reader.nullable(|r| r.uint("incarnation"))?,
                b"lease_token" => token = reader.nullable(LeaseToken::read)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let (service_name, instance_id) =
            service_and_instance(service_name, instance_id, incarnation.is_some())?;
        let native = match incarnation {
            None => None,
            Some(bits) => Some(NativeUnregister {
                incarnation: Incarnation::from_bits(bits),
                lease_token: present("lease_token", token)?,
            }),
        };
        Ok(UnregisterRequest {
            service_name,
            instance_id,
            native,
        })
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("service_name").text(self.service_name);
            map.key("instance_id").text(self.instance_id);
            if let Some(native) = self.native {
                map.key("incarnation").uint(native.incarnation.bits());
                map.key("lease_token").uint(native.lease_token.bits());
            }
        });
    }
}

/// Appends the answer to a deregistration that was accepted. Legacy instances get it also for ids
/// that were never registered. A refusal is a [`Refusal`](crate::Refusal).
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `success` | bool | yes | true |
/// | `service_name`, `instance_id` | text | yes | as deregistered |
/// | `message` | text | yes | for people |
pub fn encode_unregistered(
    out: &mut Vec<u8>,
    service_name: &str,
    instance_id: &str,
    message: &str,
) {
    Writer::new(out).map(|map| {
        map.key("success").bool(true);
        map.key("service_name").text(service_name);
        map.key("instance_id").text(instance_id);
        map.key("message").text(message);
    });
}

/// The answer to a deregistration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnregisterReply<'a> {
    /// It is done.
    Done,
    /// Refused.
    Refused(RefusalInfo<'a>),
}

impl<'a> UnregisterReply<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<UnregisterReply<'a>, ValueError> {
        Ok(match decode_done(body)? {
            Ok(()) => UnregisterReply::Done,
            Err(refusal) => UnregisterReply::Refused(refusal),
        })
    }
}
