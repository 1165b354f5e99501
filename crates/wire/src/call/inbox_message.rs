use aegis_types::Incarnation;

use super::incarnation;
use crate::value::{Raw, ValueError, Writer, fields};

/// A call on its way to one instance.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `kind` | text | native | `call` |
/// | `method` | text | yes | the method called |
/// | `params` | any | yes | the arguments, as the caller sent them |
/// | `trace_id` | text | yes | the caller's; empty if it had none |
/// | `correlation_id` | text | yes | the answer goes to `ipc.response.` and this, which is also the reply subject |
/// | `message_id` | text | no | names the act; the same on every attempt |
/// | `service_name` | text | no | the service called |
/// | `timeout_ms` | int | no | what is left of the call, ms |
/// | `attempt` | int | native | from 1 |
/// | `deadline_ms` | int | no | end of this attempt on the router's clock (`router_now_ms` of heartbeat replies), ms |
/// | `incarnation` | int | native | for this life of the instance |
/// | `caller` | text | no | who calls, for logs |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxCall<'a> {
    /// The method called.
    pub method: &'a str,
    /// The arguments.
    pub params: Raw<'a>,
    /// The caller's trace id; empty if it had none.
    pub trace_id: &'a str,
    /// Names this attempt.
    pub correlation_id: &'a str,
    /// Names the act.
    pub message_id: Option<&'a str>,
    /// The service called.
    pub service_name: Option<&'a str>,
    /// Which attempt of the call this is, from 1.
    pub attempt: u32,
    /// Milliseconds left.
    pub timeout_ms: Option<u64>,
    /// End of this attempt on the router's clock, in milliseconds.
    pub deadline_ms: Option<u64>,
    /// The life of the instance that is meant.
    pub incarnation: Option<Incarnation>,
    /// Who calls.
    pub caller: Option<&'a str>,
}

impl InboxCall<'_> {
    /// Appends the message for a native instance.
    pub fn encode_native(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("kind").text("call");
            map.key("method").text(self.method);
            map.key("params").raw(self.params);
            map.key("trace_id").text(self.trace_id);
            map.key("correlation_id").text(self.correlation_id);
            map.text_if("message_id", self.message_id);
            map.text_if("service_name", self.service_name);
            map.key("attempt").uint(self.attempt.into());
            map.uint_if("timeout_ms", self.timeout_ms);
            map.uint_if("deadline_ms", self.deadline_ms);
            map.uint_if("incarnation", self.incarnation.map(Incarnation::bits));
            map.text_if("caller", self.caller);
        });
    }

    /// Appends the message for a legacy instance: the four keys it knows and three that help it.
    pub fn encode_legacy(&self, out: &mut Vec<u8>) {
        Writer::new(out).map(|map| {
            map.key("method").text(self.method);
            map.key("params").raw(self.params);
            map.key("trace_id").text(self.trace_id);
            map.key("correlation_id").text(self.correlation_id);
            map.text_if("message_id", self.message_id);
            map.text_if("service_name", self.service_name);
            map.uint_if("timeout_ms", self.timeout_ms);
        });
    }
}

/// Appends a probe. It is answered by [`encode_probe_ack`](super::encode_probe_ack) on the reply
/// subject.
///
/// | key | type | needed | |
/// |---|---|---|---|
/// | `kind` | text | yes | `probe` |
/// | `correlation_id` | text | yes | the answer goes to `ipc.response.` and this, which is also the reply subject |
/// | `incarnation` | int | yes | the life that is asked; others say nothing |
pub fn encode_probe(out: &mut Vec<u8>, correlation_id: &str, incarnation: Incarnation) {
    Writer::new(out).map(|map| {
        map.key("kind").text("probe");
        map.key("correlation_id").text(correlation_id);
        map.key("incarnation").uint(incarnation.bits());
    });
}

/// What comes to an instance's inbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InboxMessage<'a> {
    /// Work.
    Call(InboxCall<'a>),
    /// The router asks whether anybody is there.
    Probe {
        /// The life of the instance that is meant.
        incarnation: Option<Incarnation>,
    },
    /// A kind that this version does not know: ignore it.
    Unknown {
        /// The kind.
        kind: &'a str,
    },
}

impl<'a> InboxMessage<'a> {
    /// Reads and checks a message.
    pub fn decode(body: &'a [u8]) -> Result<InboxMessage<'a>, ValueError> {
        let mut kind = "call";
        let (mut method, mut correlation_id) = (None, None);
        let mut call = InboxCall {
            method: "",
            params: Raw::EMPTY_MAP,
            trace_id: "",
            correlation_id: "",
            message_id: None,
            service_name: None,
            attempt: 1,
            timeout_ms: None,
            deadline_ms: None,
            incarnation: None,
            caller: None,
        };
        fields(body, |key, reader| {
            match key {
                b"kind" => kind = reader.text("kind")?,
                b"method" => method = Some(reader.text("method")?),
                b"params" => call.params = reader.raw()?,
                b"trace_id" => {
                    let trace_id = reader.nullable(|r| r.text("trace_id"))?;
                    call.trace_id = trace_id.unwrap_or_default();
                }
                b"correlation_id" => correlation_id = Some(reader.text("correlation_id")?),
                b"message_id" => call.message_id = reader.nullable(|r| r.text("message_id"))?,
                b"service_name" => {
                    call.service_name = reader.nullable(|r| r.text("service_name"))?;
                }
                b"attempt" => call.attempt = reader.uint_as("attempt", "below 2^32")?,
                b"timeout_ms" => call.timeout_ms = reader.nullable(|r| r.millis("timeout_ms"))?,
                b"deadline_ms" => {
                    call.deadline_ms = reader.nullable(|r| r.millis("deadline_ms"))?;
                }
                b"incarnation" => call.incarnation = incarnation(reader)?,
                b"caller" => call.caller = reader.nullable(|r| r.text("caller"))?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        match kind {
            "call" => {
                let missing = |field| ValueError::MissingField { field };
                call.method = method.ok_or(missing("method"))?;
                call.correlation_id = correlation_id.ok_or(missing("correlation_id"))?;
                Ok(InboxMessage::Call(call))
            }
            "probe" => Ok(InboxMessage::Probe {
                incarnation: call.incarnation,
            }),
            kind => Ok(InboxMessage::Unknown { kind }),
        }
    }
}
