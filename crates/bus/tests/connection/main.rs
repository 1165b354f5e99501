//! Connections over real sockets.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod embedded;
mod outages;
mod requests;
mod scripted;
mod writing;
