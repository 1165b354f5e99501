//! Any bytes as every record of the wire.
//!
//! - Nothing panics, and no reader takes memory that the sender did not send bytes for.
//! - What is accepted and written again is read as the same.
//! - Entries that nobody knows change nothing, and of a key that comes twice the last value counts.

mod variations;

use std::fmt::Debug;
use std::time::Duration;

use aegis_types::limits::MAX_CALL_TIMEOUT;
use aegis_wire::admin::{
    InstanceList, ListRequest, Listing, OperatorReply, OperatorRequest, ServiceList,
};
use aegis_wire::call::{CallReply, Echo, ErrorInfo, InboxMessage, InstanceReply, RouteRequest};
use aegis_wire::event::{InstanceEvent, RouterEvent};
use aegis_wire::instance::{
    HeartbeatReply, HeartbeatRequest, RegisterReply, RegisterRequest, UnregisterReply,
    UnregisterRequest,
};
use aegis_wire::reliable::{Ack, MessageStatusRequest};
use aegis_wire::resource::ResourceRequest;
use aegis_wire::value::Raw;

use variations::{with_last_entry_twice, with_unknown_entries};

/// Bytes of memory that a reader may hold for each byte it was sent: a list of small elements.
const MEMORY_PER_BYTE: usize = 32;

/// The same for replies to operators, which are read off the hot path into entries with many fields.
const LISTED_MEMORY_PER_BYTE: usize = 160;

/// Bytes of memory for the message alone: an error text, a page of empty entries.
const MEMORY: usize = 2 * 1024 * 1024;

/// The target.
pub fn run(data: &[u8]) {
    calls(data);
    instances(data);
    later(data);
    events(data);
    admin(data);
    if let Ok(raw) = Raw::new(data) {
        read_error(&ErrorInfo::read(raw));
    }
    let memory = allocation_counter::measure(|| {
        let _ = Echo::of(data);
    });
    assert_eq!(memory.count_total, 0, "an echo borrows");
}

/// Reads `$data` as `$record`, once more with each variation that must not matter, and counts the
/// memory. A macro and not a function, since records borrow from what they are read from.
macro_rules! read {
    ($data:ident as $record:ident) => {{
        bounded($data, MEMORY_PER_BYTE, || $record::decode($data).is_ok());
        let record = $record::decode($data);
        if record.is_ok() {
            let expected = format!("{record:?}");
            let more = with_unknown_entries($data).unwrap_or_default();
            let again = format!("{:?}", $record::decode(&more));
            assert_eq!(again, expected, "with entries that nobody knows");
            let twice = with_last_entry_twice($data).unwrap_or_default();
            let again = format!("{:?}", $record::decode(&twice));
            assert_eq!(again, expected, "with its last entry twice");
        }
        record
    }};
}

/// Writes a record with `$encode` and expects to read `$record` from it.
macro_rules! written {
    ($record:ident is $expected:expr, $encode:expr) => {{
        let mut bytes = Vec::new();
        $encode(&mut bytes);
        assert_eq!($record::decode(&bytes).as_ref(), Ok($expected));
    }};
}

/// Reads, and writes again what was accepted.
macro_rules! round_trip {
    ($data:ident as $record:ident, $encode:ident) => {
        if let Ok(record) = read!($data as $record) {
            written!($record is &record, |out: &mut Vec<u8>| record.$encode(out));
        }
    };
}

fn calls(data: &[u8]) {
    if let Ok(request) = read!(data as RouteRequest) {
        let excluded = request.excluded_instances;
        assert_eq!(excluded.iter().count(), excluded.len());
        assert!(request.timeout.is_none_or(|it| it <= MAX_CALL_TIMEOUT));
        // A timeout is written in whole milliseconds: the one thing that may change.
        let rounded = RouteRequest {
            timeout: request.timeout.map(rounded_up),
            ..request
        };
        written!(RouteRequest is &rounded, |out: &mut Vec<u8>| request.encode(out));
    }
    if let Ok(message @ InboxMessage::Call(call)) = read!(data as InboxMessage) {
        written!(InboxMessage is &message, |out: &mut Vec<u8>| call.encode_native(out));
    }
    if let Ok(reply) = read!(data as InstanceReply) {
        read_error(&reply.error_info());
        let _ = reply.result.check_string_keys("result");
    }
    if let Ok(reply) = read!(data as CallReply) {
        read_error(&reply.error_info());
    }
}

fn instances(data: &[u8]) {
    if let Ok(request) = read!(data as RegisterRequest) {
        let _ = request.resource_id();
        written!(RegisterRequest is &request, |out: &mut Vec<u8>| request.encode(out));
    }
    round_trip!(data as HeartbeatRequest, encode);
    round_trip!(data as HeartbeatReply, encode_native);
    round_trip!(data as UnregisterRequest, encode);
    let _ = read!(data as RegisterReply);
    let _ = read!(data as UnregisterReply);
}

fn later(data: &[u8]) {
    let _ = read!(data as ResourceRequest);
    let _ = read!(data as MessageStatusRequest);
    let _ = read!(data as Ack);
}

fn events(data: &[u8]) {
    round_trip!(data as InstanceEvent, encode);
    round_trip!(data as RouterEvent, encode);
}

fn admin(data: &[u8]) {
    // An empty message asks for everything; it is no map that could have more entries.
    if !data.is_empty() {
        round_trip!(data as ListRequest, encode);
    }
    round_trip!(data as OperatorRequest, encode);
    reply(data, ServiceList::decode, ServiceList::encode);
    reply(data, InstanceList::decode, InstanceList::encode);
    reply(data, OperatorReply::decode, OperatorReply::encode);
}

/// A reply to an operator owns what it holds. A key that comes twice is refused there.
fn reply<T: Debug + PartialEq, D: Debug, E>(
    data: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, D>,
    encode: impl Fn(&T, &mut Vec<u8>) -> Result<(), E>,
) {
    bounded(data, LISTED_MEMORY_PER_BYTE, || decode(data).is_ok());
    let Ok(record) = decode(data) else {
        return;
    };
    let more = with_unknown_entries(data).unwrap_or_default();
    let again = decode(&more).ok();
    assert_eq!(
        again.as_ref(),
        Some(&record),
        "with entries that nobody knows"
    );
    let mut bytes = Vec::new();
    assert!(encode(&record, &mut bytes).is_ok());
    assert_eq!(decode(&bytes).ok(), Some(record));
}

/// Counts the memory of what is done with `data`.
fn bounded<T>(data: &[u8], per_byte: usize, done: impl FnOnce() -> T) {
    let memory = allocation_counter::measure(|| {
        done();
    });
    let most = MEMORY + data.len() * per_byte;
    let taken = usize::try_from(memory.bytes_max).unwrap_or(usize::MAX);
    assert!(taken <= most, "{taken} bytes of memory for {}", data.len());
}

fn read_error(info: &ErrorInfo<'_>) {
    let _ = (info.known_code(), info.attempts().count());
}

fn rounded_up(span: Duration) -> Duration {
    let millis = span.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}
