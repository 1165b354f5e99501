//! Every message that is sent as such: who sends it to whom, how we read it, and in which tables of
//! the source its keys are declared.

use aegis_wire::admin::{
    InstanceList, ListRequest, Listing, OperatorReply, OperatorRequest, RouterInfo, ServiceList,
};
use aegis_wire::call::{CallReply, InboxMessage, InstanceReply, RouteRequest};
use aegis_wire::event::{InstanceEvent, Presence, RouterEvent};
use aegis_wire::instance::{
    HeartbeatReply, HeartbeatRequest, RegisterReply, RegisterRequest, UnregisterReply,
    UnregisterRequest,
};
use aegis_wire::reliable::{Ack, MessageStatusRequest};
use aegis_wire::resource::ResourceRequest;

/// A message.
pub(crate) struct Record {
    /// Its name: of the type or function in `crates/wire`.
    pub(crate) name: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    /// The items whose tables declare its keys.
    pub(crate) tables: &'static [&'static str],
    /// Whether we are strict with it: what others send to a router.
    pub(crate) is_request: bool,
    decode: fn(&[u8]) -> Result<(), String>,
}

impl Record {
    /// Reads as the product does.
    pub(crate) fn read(&self, bytes: &[u8]) -> Result<(), String> {
        (self.decode)(bytes)
    }
}

/// The record of this name.
pub(crate) fn find(name: &str) -> &'static Record {
    let found = RECORDS.iter().find(|record| record.name == name);
    found.unwrap_or_else(|| panic!("{name} is not among the records in records.rs"))
}

macro_rules! read {
    ($decode:path) => {
        |bytes| {
            $decode(bytes)
                .map(|_| ())
                .map_err(|error| error.to_string())
        }
    };
}

const fn request(
    name: &'static str,
    from: &'static str,
    tables: &'static [&'static str],
    decode: fn(&[u8]) -> Result<(), String>,
) -> Record {
    Record {
        name,
        from,
        to: "router",
        tables,
        is_request: true,
        decode,
    }
}

const fn other(
    name: &'static str,
    from: &'static str,
    to: &'static str,
    tables: &'static [&'static str],
    decode: fn(&[u8]) -> Result<(), String>,
) -> Record {
    Record {
        name,
        from,
        to,
        tables,
        is_request: false,
        decode,
    }
}

pub(crate) const RECORDS: &[Record] = &[
    request(
        "RouteRequest",
        "caller",
        &["RouteRequest"],
        read!(RouteRequest::decode),
    ),
    other(
        "InboxCall",
        "router",
        "instance",
        &["InboxCall"],
        read!(InboxMessage::decode),
    ),
    other(
        "Probe",
        "router",
        "instance",
        &["encode_probe"],
        read!(InboxMessage::decode),
    ),
    other(
        "InstanceReply",
        "instance",
        "router",
        &["InstanceReply"],
        read!(InstanceReply::decode),
    ),
    other(
        "ProbeAck",
        "instance",
        "router",
        &["encode_probe_ack"],
        read!(InstanceReply::decode),
    ),
    other(
        "CallReply",
        "router",
        "caller",
        &["CallReply"],
        read!(CallReply::decode),
    ),
    request(
        "RegisterRequest",
        "instance",
        &["RegisterRequest"],
        read!(RegisterRequest::decode),
    ),
    other(
        "Registered",
        "router",
        "instance",
        &["Registered", "LeaseGrant"],
        registered,
    ),
    other(
        "Refusal",
        "router",
        "whoever asked",
        &["Refusal"],
        read!(RegisterReply::decode),
    ),
    request(
        "UnregisterRequest",
        "instance",
        &["UnregisterRequest"],
        read!(UnregisterRequest::decode),
    ),
    other(
        "Unregistered",
        "router",
        "instance",
        &["encode_unregistered"],
        read!(UnregisterReply::decode),
    ),
    request(
        "HeartbeatRequest",
        "instance",
        &["HeartbeatRequest"],
        read!(HeartbeatRequest::decode),
    ),
    other(
        "Renewal",
        "router",
        "instance",
        &["Renewal"],
        read!(HeartbeatReply::decode),
    ),
    other(
        "HeartbeatRefusal",
        "router",
        "instance",
        &["HeartbeatRefusal"],
        read!(HeartbeatReply::decode),
    ),
    request(
        "ListRequest",
        "operator",
        &["ListRequest"],
        read!(ListRequest::decode),
    ),
    other(
        "ServiceList",
        "router",
        "operator",
        &["ServiceList"],
        read!(ServiceList::decode),
    ),
    other(
        "InstanceList",
        "router",
        "operator",
        &["InstanceList"],
        read!(InstanceList::decode),
    ),
    request(
        "OperatorRequest",
        "operator",
        &["OperatorRequest"],
        read!(OperatorRequest::decode),
    ),
    other(
        "OperatorReply",
        "router",
        "operator",
        &["OperatorReply"],
        read!(OperatorReply::decode),
    ),
    other(
        "RouterInfo",
        "router",
        "operator",
        &["RouterInfo"],
        read!(RouterInfo::decode),
    ),
    other(
        "InstanceEvent",
        "router",
        "everybody",
        &["InstanceEvent"],
        read!(InstanceEvent::decode),
    ),
    other(
        "RouterEvent",
        "router",
        "everybody",
        &["RouterEvent"],
        read!(RouterEvent::decode),
    ),
    other(
        "Presence",
        "router",
        "other routers",
        &["Presence"],
        read!(Presence::decode),
    ),
    request(
        "ResourceRequest",
        "legacy instance",
        &["ResourceRequest"],
        read!(ResourceRequest::decode),
    ),
    other(
        "ResourceRefusal",
        "router",
        "legacy instance",
        &["Refusal", "encode_resource_refusal"],
        read!(RegisterReply::decode),
    ),
    request(
        "MessageStatusRequest",
        "legacy caller",
        &["MessageStatusRequest"],
        read!(MessageStatusRequest::decode),
    ),
    other(
        "MessageStatusRefusal",
        "router",
        "legacy caller",
        &["Refusal", "encode_message_status_refusal"],
        read!(RegisterReply::decode),
    ),
    other(
        "Ack",
        "router or legacy instance",
        "legacy caller",
        &["Ack"],
        read!(Ack::decode),
    ),
    other(
        "AckRefusal",
        "router",
        "whoever asked",
        &["Refusal", "encode_ack_response_refusal"],
        read!(RegisterReply::decode),
    ),
];

/// A legacy instance gets no lease, and our SDK never reads what it gets.
fn registered(bytes: &[u8]) -> Result<(), String> {
    match RegisterReply::decode(bytes) {
        Err(error) if !error.to_string().contains("lease_ttl_ms") => Err(error.to_string()),
        _ => Ok(()),
    }
}
