//! What anybody may send, and what a connection may lose, costs nobody else an answer: a router and
//! instances of the SDK, on the broker of the test run, over sockets.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod full_queue;
mod junk;
mod legacy;
mod raw;
mod scene;
mod stale;
