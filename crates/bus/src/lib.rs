//! Connections to a NATS broker, on the client machine of `aegis-nats`.
//!
//! This crate adds the socket, TLS, the login and the clock: one tokio task per [`Connection`], on whatever runtime
//! it is opened on. The SDK's work connection and lifeline are two of them; so are the
//! router's connections to a real NATS server. It knows nothing of what travels over it.
//!
//! Never in here: subjects and records of AegisIPC, and code of the owner's under the lock.

mod address;
mod attempts;
mod auth;
mod connection;
mod credentials;
mod dial_error;
mod file;
mod flush;
mod hold;
mod options;
mod outbound;
mod request;
mod secret;
mod server_info;
mod shared;
mod socket;
mod subscriber;
mod task;
mod tls;
mod transport;
mod url_login;

pub use address::{ServerAddress, ServerAddressError};
pub use aegis_nats::client::{
    Backoff, Delivery, PENDING_BYTES, PublishError, SUBSCRIPTIONS, Sid, SubscribeError,
};
pub use aegis_nats::client::{DropReason, MAX_LEARNT_SERVERS, ServerError};
pub use auth::{Auth, LoginError, SecretSource};
pub use connection::{Connection, WeakConnection};
pub use dial_error::DialError;
pub use file::{FileError, MAX_FILE};
pub use flush::FlushError;
pub use hold::Hold;
pub use options::ConnectOptions;
pub use request::{REQUESTS, Reply, RequestError};
pub use secret::Secret;
pub use server_info::ServerInfo;
pub use subscriber::Subscriber;
pub use tls::{ClientCertificate, TlsError, TlsOptions};
