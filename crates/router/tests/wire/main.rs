//! The driver in a real switch, spoken to in bytes: what travels, to the letter.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod alive;
mod hostile;
mod legacy;
mod support;
mod welcome;
