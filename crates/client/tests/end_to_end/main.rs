//! The SDK against a real router, over real sockets, in one process.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how a test fails"
)]

mod calls;
mod discovery;
mod draining;
mod failing;
mod healing;
mod heartbeats;
mod limits;
mod nats_server;
mod nested;
mod refusing;
mod restarts;
mod router;
mod serving;
mod watching;
