//! What happens on real NATS servers that are killed, or that are about to stop: one of three in a
//! cluster, or the only one, again and again, under load; and when a router hangs or is cut off while
//! another stands by.
//!
//! Everything here runs real servers as processes and real sockets; the load is of both kinds of
//! methods, and a ledger outside the product counts how often each handler started.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod broker_restarts;
mod cluster;
mod feed;
mod lame_duck;
mod late_no_responders;
mod legacy_killed;
mod no_system_account;
mod node_killed;
mod orderly_stop;
mod server_down;
mod silent_router;
mod traffic;
