//! Subjects, MessagePack records and error codes: what AegisIPC puts on the wire.
//!
//! Pure: no clock, no socket, no lock. Times and ids come in as arguments.
//!
//! - [`Subjects`] builds and parses every subject under one prefix.
//! - [`value`] walks MessagePack without building it: that is how everything that comes from
//!   outside is read, so that depth and size are checked before a byte is believed.
//! - [`call`] holds the records of a call's journey: request, inbox message, instance's reply,
//!   caller's reply. They borrow from the message and are encoded by pushing bytes.
//! - [`instance`] holds registration, deregistration and heartbeats.
//! - [`resource`] and [`reliable`] hold what the first AegisIPC asks and this router refuses for now.
//! - [`event`] holds what a router tells everyone who watches.
//! - [`admin`] holds what the command line asks.
//! - [`ErrorCode`] is the one list of stable error codes.
//!
//! **Rules of reading.** A message is one map with string keys. Unknown keys are ignored, integers
//! are accepted for floats, nil in an optional key means that it is absent, and of a key that comes
//! twice the last value counts. Names are trimmed and checked while reading.

pub mod admin;
pub mod call;
mod error_code;
pub mod event;
pub mod instance;
mod names;
mod refusal;
pub mod reliable;
pub mod resource;
mod subjects;
mod timestamp;
pub mod value;

pub use error_code::{ErrorCode, LegacyError};
pub use refusal::{Refusal, RefusalInfo};
pub use subjects::{
    HEARD_BY_ALL, Inbound, Inbox, PrefixError, REQUEST_QUEUE, RoleAct, SHARED_REQUESTS, Subjects,
    name_of_token, name_token,
};
pub use timestamp::{Zone, push_timestamp, timestamp};

/// The highest protocol version this crate speaks. Sent at registration and with every call; its
/// presence marks a native peer.
pub const PROTOCOL: u8 = 1;
