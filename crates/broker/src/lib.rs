//! The embedded NATS broker: sockets around the message switch.
//!
//! One thread, one poll loop, no runtime. Each turn waits for readiness, reads every ready
//! connection once (bounded), lets the switch and the local peer in it act, and writes each
//! connection that has something to write once: batching grows by itself with load.
//!
//! It listens on loopback only, since there is no authentication yet.

mod accept;
mod bind;
mod broker;
mod clock;
mod config;
mod connection;
mod descriptors;
mod event_loop;
mod look;
mod rate_limit;
mod status;
mod stop;

pub use aegis_nats::switch::NoLocalPeer;
pub use bind::BindError;
pub use broker::{Broker, RunError};
pub use clock::now;
pub use config::BrokerConfig;
pub use look::Looker;
pub use status::{BrokerStatus, SharedStatus};
pub use stop::{BrokerHandle, StopHandle, Stopped};
