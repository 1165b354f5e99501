//! Connections to a real NATS server.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod cluster;
mod hostile;
mod listener;
mod logins;
mod outages;
mod tls;
