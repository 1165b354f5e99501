//! The router: the driver around the core, and its host inside the embedded broker.

mod driver;
mod failure_text;
mod observe;

pub use driver::{Driver, DriverCounters, DriverOptions};
