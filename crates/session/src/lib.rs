//! The SDK's pure machines: registration and heartbeats, admission, and the caller's retries.
//!
//! None of them has a clock, a socket, a thread or a lock: time comes in as an argument
//! ([`aegis_types::Instant`]), chance as a seed, and what must be done leaves as a value. The shell
//! (`aegis-client`) owns one machine of each kind, feeds it what happened, and does what it says.
//!
//! | machine | one per | decides |
//! |---|---|---|
//! | [`lifeline::Lifeline`] | instance | when to register, to send a heartbeat, to wait, to stop |
//! | [`admission::Admission`] | service served | which request runs now, waits, or is refused |
//! | [`caller::Caller`] | call | whether a call that met no answer may be sent again |
//! | [`timing::Timing`] | process | until when a request may be started, by the router's clock |

pub mod admission;
pub mod caller;
mod chance;
pub mod lifeline;
pub mod timing;

pub use chance::{Backoff, Chance};
