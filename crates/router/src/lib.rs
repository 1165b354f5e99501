//! The router: the driver around the core, and its host inside the embedded broker.
//!
//! [`Driver`] is without IO and is what the simulator drives; [`RouterHandle`] runs it inside the
//! embedded broker's thread.

mod driver;
mod embedded;
mod failure_text;
mod observe;

pub use aegis_core::routing::Policy;
pub use driver::{Driver, DriverCounters, DriverOptions};
pub use embedded::{RouterConfig, RouterHandle, StartError};
