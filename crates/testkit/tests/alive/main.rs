//! Who is alive, seen from outside: real routers, instances and sockets, a network that fails on
//! demand, and processes that are paused. Leases of 3 s, heartbeats every second.
//!
//! These tests are about time passing. They measure it by looking again and again, never by
//! sleeping, and print what they measured.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod busy_handlers;
mod cut_off;
mod isolation;
mod late_heartbeats;
mod legacy;
mod load;
mod mass_silence;
mod member;
mod paused_instance;
mod paused_router;
mod process;
mod router_restarts;
mod stage;
mod throughput;
mod world;
