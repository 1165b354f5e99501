use aegis_types::Incarnation;

use crate::names::present;
use crate::value::{ValueError, Writer, fields};

/// An instance changed; on `ipc.event.instance.<service>.<instance>`, where a name that is not a strict
/// token is encoded ([`name_token`](crate::name_token)). Here the names are as they are.
///
/// There is one for each change of its health, of the main reason for that health, and of whether calls
/// go to it. `from` and `to` are the same word when something else than its health changed: the main
/// reason, its lifecycle (`draining`, `serving`), the operator's word, or whether it is ejected. `reason`
/// says which, `routable` what it means for calls. A life that another one replaces is `removed`
/// (`replaced`) before the new one is told of.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `service`, `instance` | text | yes | names |
/// | `incarnation` | int | yes | the life that changed |
/// | `from` | text or nil | yes | its health before; nil if it is new |
/// | `to` | text | yes | `joining`, `healthy`, `suspect`, `unhealthy` or `removed` |
/// | `reason` | text | yes | stable code of the evidence |
/// | `evidence` | text | yes | the same for people: `silent for 1810 ms` |
/// | `routable` | bool | yes | whether calls go to it now |
/// | `at` | text | yes | when: RFC 3339 with `Z` |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceEvent<'a> {
    /// Its service.
    pub service: &'a str,
    /// Its id.
    pub instance: &'a str,
    /// The life that changed.
    pub incarnation: Incarnation,
    /// Its health before; `None` if it is new.
    pub from: Option<&'a str>,
    /// Its health now, or `removed`.
    pub to: &'a str,
    /// Stable code of the evidence.
    pub reason: &'a str,
    /// The evidence for people.
    pub evidence: &'a str,
    /// Whether calls go to it now.
    pub routable: bool,
    /// When: RFC 3339 with `Z`, from [`timestamp`](crate::timestamp).
    pub at: &'a str,
}

impl<'a> InstanceEvent<'a> {
    /// The word in `to` of an instance that is no longer in the registry. It is not a health.
    pub const REMOVED: &'static str = "removed";

    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<InstanceEvent<'a>, ValueError> {
        let (mut service, mut instance, mut incarnation) = (None, None, None);
        let (mut from, mut to, mut routable) = (None, None, None);
        let (mut reason, mut evidence, mut at) = (None, "", None);
        fields(body, |key, reader| {
            match key {
                b"service" => service = Some(reader.text("service")?),
                b"instance" => instance = Some(reader.text("instance")?),
                b"incarnation" => incarnation = Some(reader.uint("incarnation")?),
                b"from" => from = reader.nullable(|r| r.text("from"))?,
                b"to" => to = Some(reader.text("to")?),
                b"reason" => reason = Some(reader.text("reason")?),
                b"evidence" => {
                    evidence = reader.nullable(|r| r.text("evidence"))?.unwrap_or_default();
                }
                b"routable" => routable = Some(reader.bool("routable")?),
                b"at" => at = Some(reader.text("at")?),
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        Ok(InstanceEvent {
            service: present("service", service)?,
            instance: present("instance", instance)?,
            incarnation: Incarnation::from_bits(present("incarnation", incarnation)?),
            from,
            to: present("to", to)?,
            reason: present("reason", reason)?,
            evidence,
            routable: present("routable", routable)?,
            at: present("at", at)?,
        })
    }

    /// Appends the message to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("service").text(self.service);
            map.key("instance").text(self.instance);
            map.key("incarnation").uint(self.incarnation.bits());
            map.text_or_nil("from", self.from);
            map.key("to").text(self.to);
            map.key("reason").text(self.reason);
            map.key("evidence").text(self.evidence);
            map.key("routable").bool(self.routable);
            map.key("at").text(self.at);
        });
    }
}
