use crate::ErrorCode;
use crate::names::present;
use crate::timestamp::{Zone, push_timestamp};
use crate::value::{MapWriter, ValueError, Writer, fields};

/// "Your lease is renewed."
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `success` | bool | yes | true |
/// | `lease_ttl_ms` | int | yes | how long it lasts from now, ms |
/// | `next_interval_ms` | int | yes | when to send the next heartbeat, ms from now |
/// | `router` | text | yes | id of the router's life |
/// | `router_now_ms` | int | yes | the router's clock, which deadlines of calls are told on, ms |
/// | `envelope`, `data` | map | no | what the first AegisIPC wrote, for its instances alone |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renewal<'a> {
    /// How long the lease lasts from now, in milliseconds.
    pub lease_ttl_ms: u64,
    /// When to send the next heartbeat, in milliseconds from now.
    pub next_interval_ms: u64,
    /// Id of the router's life.
    pub router: &'a str,
    /// The router's clock, in milliseconds.
    pub router_now_ms: u64,
}

/// "Your heartbeat is refused."
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `success` | bool | yes | false |
/// | `error_code` | text | yes | stable code; `UNKNOWN_INSTANCE` means: register again |
/// | `message` | text | yes | for people |
/// | `envelope`, `data` | map | no | what the first AegisIPC wrote, for its instances alone |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatRefusal<'a> {
    /// The stable code; may be one that this version does not know.
    pub error_code: &'a str,
    /// For people.
    pub message: &'a str,
}

impl<'a> HeartbeatRefusal<'a> {
    /// With a stable code.
    pub fn new(code: ErrorCode, message: &'a str) -> HeartbeatRefusal<'a> {
        HeartbeatRefusal {
            error_code: code.text(),
            message,
        }
    }

    /// The code, if this version knows it.
    pub fn known_code(&self) -> Option<ErrorCode> {
        ErrorCode::from_text(self.error_code)
    }
}

/// The answer to a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeartbeatReply<'a> {
    /// The lease is renewed.
    Renewed(Renewal<'a>),
    /// It is not; [`ErrorCode::UnknownInstance`] means: register again.
    Refused(HeartbeatRefusal<'a>),
}

impl<'a> HeartbeatReply<'a> {
    /// Appends the message for a native instance.
    pub fn encode_native(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| self.write(map));
    }

    /// Appends the message for a legacy instance that asked for an answer: the keys of a native
    /// one, and beside them what the first AegisIPC wrote, `envelope` (`success`, `message`,
    /// `timestamp`, `error_code`) and `data` (`service_name`, `instance_id`, `updated_at`; empty
    /// on refusal).
    pub fn encode_legacy(
        &self,
        out: &mut Vec<u8>,
        service_name: &str,
        instance_id: &str,
        unix_micros: u64,
    ) {
        let time = |map: &mut MapWriter<'_>, key: &str| {
            map.key(key).text_of(Zone::Offset.timestamp_len(), |out| {
                push_timestamp(out, unix_micros, Zone::Offset);
            });
        };
        Writer::new(out).map(|map| {
            self.write(map);
            map.key("envelope").map(|envelope| {
                let (success, message, code) = match self {
                    HeartbeatReply::Renewed(_) => (true, "heartbeat processed", None),
                    HeartbeatReply::Refused(no) => (false, no.message, Some(no.error_code)),
                };
                envelope.key("success").bool(success);
                envelope.key("message").text(message);
                time(envelope, "timestamp");
                envelope.text_if("error_code", code);
            });
            map.key("data").map(|data| {
                if let HeartbeatReply::Renewed(_) = self {
                    data.key("service_name").text(service_name);
                    data.key("instance_id").text(instance_id);
                    time(data, "updated_at");
                }
            });
        });
    }

    fn write(&self, map: &mut MapWriter<'_>) {
        match self {
            HeartbeatReply::Renewed(renewal) => {
                map.key("success").bool(true);
                map.key("lease_ttl_ms").uint(renewal.lease_ttl_ms);
                map.key("next_interval_ms").uint(renewal.next_interval_ms);
                map.key("router").text(renewal.router);
                map.key("router_now_ms").uint(renewal.router_now_ms);
            }
            HeartbeatReply::Refused(refusal) => {
                map.key("success").bool(false);
                map.key("error_code").text(refusal.error_code);
                map.key("message").text(refusal.message);
            }
        }
    }

    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<HeartbeatReply<'a>, ValueError> {
        let mut success = None;
        let (mut ttl, mut interval, mut router, mut now) = (None, None, None, None);
        let mut refusal = HeartbeatRefusal::new(ErrorCode::InternalError, "");
        fields(body, |key, reader| {
            match key {
                b"success" => success = Some(reader.bool("success")?),
                b"lease_ttl_ms" => ttl = Some(reader.millis("lease_ttl_ms")?),
                b"next_interval_ms" => interval = Some(reader.millis("next_interval_ms")?),
                b"router" => router = Some(reader.text("router")?),
                b"router_now_ms" => now = Some(reader.millis("router_now_ms")?),
                b"error_code" => refusal.error_code = reader.text("error_code")?,
                b"message" => refusal.message = reader.text("message")?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        if !present("success", success)? {
            return Ok(HeartbeatReply::Refused(refusal));
        }
        Ok(HeartbeatReply::Renewed(Renewal {
            lease_ttl_ms: present("lease_ttl_ms", ttl)?,
            next_interval_ms: present("next_interval_ms", interval)?,
            router: present("router", router)?,
            router_now_ms: present("router_now_ms", now)?,
        }))
    }
}
