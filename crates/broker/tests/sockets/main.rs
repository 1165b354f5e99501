//! The broker as clients meet it: over real sockets.
#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, in its helpers too"
)]

mod conformance;
mod foreign_client;
mod lifecycle;
mod limits;
mod raw;
mod shutdown;
