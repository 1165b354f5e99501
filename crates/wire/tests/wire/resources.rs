//! Vectors of what the first AegisIPC's SDK asks about resources and messages, and of the refusals.

use aegis_wire::reliable::{
    Ack, MessageStatusRequest, encode_ack_response_refusal, encode_message_status_refusal,
};
use aegis_wire::resource::{ResourceAct, ResourceRequest, encode_resource_refusal};
use aegis_wire::{ErrorCode, Refusal};

use super::folder::{given, written};

fn not_yet() -> Refusal<'static> {
    Refusal::new(
        ErrorCode::NotSupported,
        "resources come in a later version of this router",
    )
}

#[test]
fn refused_acts_on_resources() {
    for act in ResourceAct::ALL {
        let request = ResourceRequest {
            trace_id: Some("trace_1"),
            count: 2,
            ..ResourceRequest::default()
        };
        let name = format!("resource_{}_refused", act.as_str());
        written(&name, |out| {
            encode_resource_refusal(out, act, &request, &not_yet());
        });
    }
}

#[test]
fn acts_on_resources_as_the_sdk_sends_them() {
    let request = |service, count| ResourceRequest {
        service_name: Some(service),
        instance_id: Some("instance_1a2b3c4d"),
        trace_id: Some("trace_0123456789abcdef"),
        count,
    };
    for (name, count) in [
        ("legacy_resource_register", 2),
        ("legacy_resource_release", 1),
        ("legacy_resource_bulk_register", 2),
    ] {
        let body = given(name);
        let read = ResourceRequest::decode(&body).unwrap();
        assert_eq!(read, request("orders", count), "{name}");
    }
    assert!(ResourceRequest::decode(&[0xc0]).is_err());
    assert_eq!(
        ResourceRequest::decode(&[0x80]),
        Ok(ResourceRequest::default())
    );
}

#[test]
fn the_fate_of_messages() {
    let uuid = "6f1b2c3d-0000-4000-8000-000000000001";
    let body = given("legacy_message_status");
    let status = MessageStatusRequest::decode(&body).unwrap();
    assert_eq!(
        status,
        MessageStatusRequest {
            message_id: Some(uuid),
            trace_id: Some("status_0123456789abcdef"),
        }
    );
    written("message_status_refused", |out| {
        encode_message_status_refusal(out, &status, &not_yet());
    });
    written("ack_response_refused", |out| {
        encode_ack_response_refusal(out, &not_yet());
    });
}

#[test]
fn acks() {
    let body = given("legacy_ack");
    let theirs = Ack::decode(&body).unwrap();
    assert!(!theirs.success && theirs.processing_time_ms == 0.0);
    assert_eq!(theirs.error_message, Some("no stock"));
    let ours = Ack {
        message_id: theirs.message_id,
        service_name: "orders",
        instance_id: "r0a1b2c3",
        success: true,
        error_message: None,
        processing_time_ms: 0.25,
        trace_id: "trace_0123456789abcdef",
    };
    let mut body = Vec::new();
    ours.encode(&mut body);
    assert_eq!(Ack::decode(&body), Ok(ours));
    written("ack", |out| ours.encode(out));
    for broken in [
        &b"\x80"[..],
        b"\x81\xa6status\xa5maybe",
        b"\x81\xa6status\xa7success",
    ] {
        assert!(Ack::decode(broken).is_err());
    }
}
