//! Connections to a NATS broker, on the client machine of `aegis-nats`.
//!
//! This crate adds the socket and the clock: one tokio task per [`Connection`], on whatever runtime
//! it is opened on. The SDK's work connection and lifeline are two of them; so is, later, the
//! router's connection to a real NATS. It knows nothing of what travels over it.
//!
//! Never in here: subjects and records of AegisIPC, and code of the owner's under the lock.

mod address;
mod connection;
mod flush;
mod options;
mod outbound;
mod request;
mod shared;
mod socket;
mod subscriber;
mod task;

pub use address::{ServerAddress, ServerAddressError};
pub use aegis_nats::client::{
    Backoff, Delivery, PENDING_BYTES, PublishError, SUBSCRIPTIONS, Sid, SubscribeError,
};
pub use connection::{Connection, WeakConnection};
pub use flush::FlushError;
pub use options::ConnectOptions;
pub use request::{REQUESTS, Reply, RequestError};
pub use subscriber::Subscriber;
