//! The router: the driver around the core, and its two hosts.
//!
//! [`Driver`] is without IO and is what the simulator drives. It has two hosts: [`RouterHandle`] runs
//! it inside the embedded broker's thread, [`NatsRouterHandle`] as a client of a real NATS server.

mod driver;
mod embedded;
mod failure_text;
pub mod metrics;
mod nats;
mod observe;

pub use aegis_core::routing::Policy;
pub use driver::{Driver, DriverCounters, DriverOptions, EvidenceInForce, HostFacts};
pub use embedded::{RouterConfig, RouterHandle, StartError};
pub use nats::{
    NatsRouterConfig, NatsRouterEnd, NatsRouterHandle, NatsStatus, NatsStopHandle, OtherRouter,
    Phase,
};
