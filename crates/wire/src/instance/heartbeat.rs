use aegis_types::{Incarnation, Lifecycle, SelfReport};

use super::LeaseToken;
use crate::names::{present, service_and_instance};
use crate::value::{Reader, ValueError, Writer, fields};

/// "I am alive." Renews the lease.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `service_name`, `instance_id` | text | yes | names; trimmed |
/// | `status` | text | default `healthy` | or `degraded`, `unhealthy` |
/// | `incarnation` | int | native | the life that is alive; makes the heartbeat a native one |
/// | `lease_token` | int | native | from its registration |
/// | `in_flight` | int | default 0 | calls being handled |
/// | `capacity` | int | no | calls it takes: those it handles at a time and those that may wait for that |
/// | `lifecycle` | text | default `serving` | or `draining` |
/// | `lag_ms` | int | default 0 | how late the handlers' runtime runs, ms |
///
/// Legacy instances also send `timestamp`, `metadata` and `trace_id`, which say nothing we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatRequest<'a> {
    /// The service.
    pub service_name: &'a str,
    /// The instance.
    pub instance_id: &'a str,
    /// Its own word about its health.
    pub status: SelfReport,
    /// What a native instance adds.
    pub native: Option<NativeHeartbeat>,
}

/// What a native heartbeat adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeHeartbeat {
    /// The life that is alive.
    pub incarnation: Incarnation,
    /// From its registration.
    pub lease_token: LeaseToken,
    /// Calls being handled.
    pub in_flight: u32,
    /// Calls it handles at a time.
    pub capacity: Option<u32>,
    /// Does it want work?
    pub lifecycle: Lifecycle,
    /// How late the handlers' runtime runs, in milliseconds.
    pub lag_ms: u64,
}

impl<'a> HeartbeatRequest<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<HeartbeatRequest<'a>, ValueError> {
        let (mut service_name, mut instance_id) = (None, None);
        let mut status = SelfReport::default();
        let (mut incarnation, mut token) = (None, None);
        let (mut in_flight, mut capacity, mut lag_ms) = (None, None, None);
        let mut lifecycle = Lifecycle::default();
        fields(body, |key, reader| {
            match key {
                b"service_name" => service_name = Some(reader.text("service_name")?),
                b"instance_id" => instance_id = Some(reader.text("instance_id")?),
                b"status" => status = reader.nullable(self_report)?.unwrap_or_default(),
                b"incarnation" => incarnation = reader.nullable(|r| r.uint("incarnation"))?,
                b"lease_token" => token = reader.nullable(LeaseToken::read)?,
                b"in_flight" => in_flight = reader.nullable(|r| count(r, "in_flight"))?,
                b"capacity" => capacity = reader.nullable(|r| count(r, "capacity"))?,
                b"lifecycle" => {
                    lifecycle = reader.nullable(lifecycle_word)?.unwrap_or_default();
                }
                b"lag_ms" => lag_ms = reader.nullable(|r| r.millis("lag_ms"))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        let (service_name, instance_id) =
            service_and_instance(service_name, instance_id, incarnation.is_some())?;
        let native = match incarnation {
            None => None,
            Some(bits) => Some(NativeHeartbeat {
                incarnation: Incarnation::from_bits(bits),
                lease_token: present("lease_token", token)?,
                in_flight: in_flight.unwrap_or_default(),
                capacity,
                lifecycle,
                lag_ms: lag_ms.unwrap_or_default(),
            }),
        };
        Ok(HeartbeatRequest {
            service_name,
            instance_id,
            status,
            native,
        })
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("service_name").text(self.service_name);
            map.key("instance_id").text(self.instance_id);
            map.key("status").text(self.status.as_str());
            let Some(native) = self.native else { return };
            map.key("incarnation").uint(native.incarnation.bits());
            map.key("lease_token").uint(native.lease_token.bits());
            map.key("in_flight").uint(native.in_flight.into());
            map.uint_if("capacity", native.capacity.map(u64::from));
            map.key("lifecycle").text(native.lifecycle.as_str());
            map.key("lag_ms").uint(native.lag_ms);
        });
    }
}

fn count(reader: &mut Reader<'_>, field: &'static str) -> Result<u32, ValueError> {
    reader.uint_as(field, "below 2^32")
}

fn self_report(reader: &mut Reader<'_>) -> Result<SelfReport, ValueError> {
    match reader.text("status")? {
        "healthy" => Ok(SelfReport::Healthy),
        "degraded" => Ok(SelfReport::Degraded),
        "unhealthy" => Ok(SelfReport::Unhealthy),
        _ => Err(ValueError::OutOfRange {
            field: "status",
            allowed: "`healthy`, `degraded` or `unhealthy`",
        }),
    }
}

fn lifecycle_word(reader: &mut Reader<'_>) -> Result<Lifecycle, ValueError> {
    match reader.text("lifecycle")? {
        "serving" => Ok(Lifecycle::Serving),
        "draining" => Ok(Lifecycle::Draining),
        _ => Err(ValueError::OutOfRange {
            field: "lifecycle",
            allowed: "`serving` or `draining`",
        }),
    }
}
