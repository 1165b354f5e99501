//! The binary as a program: what it prints where, and how it exits.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, also in its harness"
)]

mod arguments;
mod bench;
mod config;
mod demo;
mod doctor;
mod harness;
mod help;
mod http;
mod logs;
mod metrics;
mod nats;
mod operator;
mod router;
mod secured;
mod several_routers;
mod watch;
mod word;
