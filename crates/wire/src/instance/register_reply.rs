use super::{LeaseToken, Role};
use crate::names::present;
use crate::refusal::RefusalInfo;
use crate::timestamp::{Zone, push_timestamp};
use crate::value::{MapWriter, Raw, ValueError, Writer, fields};

/// "You are registered." A refusal is a [`Refusal`](crate::Refusal).
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `success` | bool | yes | true |
/// | `service_name`, `instance_id` | text | yes | as registered |
/// | `role` | text | yes | `ACTIVE` or `STANDBY` |
/// | `registered_at` | text | yes | RFC 3339 with microseconds and `+00:00` |
/// | `message` | text | yes | for people |
/// | `data` | map | yes | the keys above again, where the Python SDK looks for them |
/// | `envelope` | map | yes | `success`, `message`, `timestamp`, for old tools |
///
/// and for native instances those of [`LeaseGrant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered<'a> {
    /// The service.
    pub service_name: &'a str,
    /// The instance.
    pub instance_id: &'a str,
    /// Its role.
    pub role: Role,
    /// When, in microseconds since 1970.
    pub unix_micros: u64,
    /// For people.
    pub message: &'a str,
    /// For a native instance.
    pub grant: Option<LeaseGrant<'a>>,
}

/// What a native instance gets.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `lease_ttl_ms` | int | native | how long the registration lasts without a heartbeat, ms |
/// | `lease_token` | int | native | to be shown with everything this instance says; secret |
/// | `router` | text | native | id of the router's life |
/// | `term` | int | native | of the router; 0 without a store |
/// | `protocol` | int | native | the version to use |
/// | `joining` | bool | no | true if its inbox did not answer the welcome probe in time: no call goes to it yet |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseGrant<'a> {
    /// How long the registration lasts without a heartbeat, in milliseconds.
    pub lease_ttl_ms: u64,
    /// To be shown with everything this instance says.
    pub lease_token: LeaseToken,
    /// Id of the router's life.
    pub router: &'a str,
    /// Of the router; 0 without a store.
    pub term: u64,
    /// The protocol version to use.
    pub protocol: u8,
    /// Its inbox has not answered yet: no call goes to it until it does.
    pub joining: bool,
}

impl Registered<'_> {
    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            self.write_facts(map);
            if let Some(grant) = &self.grant {
                map.key("lease_ttl_ms").uint(grant.lease_ttl_ms);
                map.key("lease_token").uint(grant.lease_token.bits());
                map.key("router").text(grant.router);
                map.key("term").uint(grant.term);
                map.key("protocol").uint(grant.protocol.into());
                if grant.joining {
                    map.key("joining").bool(true);
                }
            }
            map.key("data").map(|data| self.write_facts(data));
            map.key("envelope").map(|envelope| {
                envelope.key("success").bool(true);
                envelope.key("message").text(self.message);
                self.write_time(envelope, "timestamp");
            });
        });
    }

    fn write_facts(&self, map: &mut MapWriter<'_>) {
        map.key("success").bool(true);
        map.key("service_name").text(self.service_name);
        map.key("instance_id").text(self.instance_id);
        map.key("role").text(self.role.upper());
        self.write_time(map, "registered_at");
        map.key("message").text(self.message);
    }

    fn write_time(&self, map: &mut MapWriter<'_>, key: &str) {
        map.key(key).text_of(Zone::Offset.timestamp_len(), |out| {
            push_timestamp(out, self.unix_micros, Zone::Offset);
        });
    }
}

/// The answer to a native registration, as the instance reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterReply<'a> {
    /// Registered.
    Granted(LeaseGrant<'a>),
    /// Refused.
    Refused(RefusalInfo<'a>),
}

impl<'a> RegisterReply<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<RegisterReply<'a>, ValueError> {
        let mut success = None;
        let mut error = Raw::NIL;
        let (mut ttl, mut token, mut router) = (None, None, None);
        let (mut term, mut protocol, mut joining) = (0, crate::PROTOCOL, false);
        fields(body, |key, reader| {
            match key {
                b"success" => success = Some(reader.bool("success")?),
                b"error" => error = reader.raw()?,
                b"lease_ttl_ms" => ttl = Some(reader.millis("lease_ttl_ms")?),
                b"lease_token" => token = Some(LeaseToken::read(reader)?),
                b"router" => router = Some(reader.text("router")?),
                b"term" => term = reader.uint("term")?,
                b"joining" => joining = reader.bool("joining")?,
                b"protocol" => protocol = reader.uint_as("protocol", "below 256")?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        if !present("success", success)? {
            return RefusalInfo::decode(error).map(RegisterReply::Refused);
        }
        Ok(RegisterReply::Granted(LeaseGrant {
            lease_ttl_ms: present("lease_ttl_ms", ttl)?,
            lease_token: present("lease_token", token)?,
            router: present("router", router)?,
            term,
            protocol,
            joining,
        }))
    }
}
