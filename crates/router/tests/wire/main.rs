//! The driver in a real switch, spoken to in bytes: what travels, to the letter.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod alive;
mod hostile;
mod legacy;
mod lines;
mod not_yet;
mod on_nats;
mod reliable;
mod roles;
mod services;
mod support;
mod welcome;
