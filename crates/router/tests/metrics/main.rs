//! What a scrape says of a router that was spoken to.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

mod caps;
mod methods;
mod scrape;
mod sockets;
mod speak;
mod stories;
#[path = "../wire/support.rs"]
#[allow(dead_code, reason = "shared with the tests of the wire")]
mod support;
mod table;
mod told;
