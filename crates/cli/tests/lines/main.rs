//! What the log lines of three processes say together, and what none of them ever says. The router and
//! callers are programs; the service runs in this process, whose lines are caught at the level `trace`.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, also in its stage"
)]

mod canary;
mod secrets;
mod stage;
mod trace;
