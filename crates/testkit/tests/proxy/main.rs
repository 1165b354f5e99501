//! The fault proxy between two plain sockets: each fault does what it says, and nothing more.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod budget;
mod closing;
mod delay;
mod ends;
mod silence;
