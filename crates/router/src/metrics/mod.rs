//! What a router counts, as people and Prometheus see it.
//!
//! Numbers are plain fields of the core, the driver and the broker's switch. A scrape copies them in
//! the thread that owns them ([`Snapshot`]) and makes text of the copy in its own ([`render`]).

pub mod catalogue;
mod counts;
#[cfg(test)]
mod page;
mod render;
mod snapshot;
mod source;

pub(crate) use counts::Counts;
pub use render::{CONTENT_TYPE, HostNumbers, render};
pub use snapshot::Snapshot;
pub use source::{MetricsSource, NoSnapshot};
