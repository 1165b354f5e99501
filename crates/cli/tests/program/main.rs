//! The binary as a program: what it prints where, and how it exits.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, also in its harness"
)]

mod arguments;
mod bench;
mod config;
mod demo;
mod described;
mod doctor;
mod harness;
mod help;
mod http;
mod http_fleet;
mod logs;
mod metrics;
mod nats;
mod operator;
mod raw_client;
mod router;
mod secured;
mod several_routers;
mod watch;
mod word;
