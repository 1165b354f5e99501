//! The nouns of AegisIPC.
//!
//! Everything here is plain data with rules: names that cannot be wrong, numbers that cannot be
//! mixed up, and the one table that decides whether an attempt may be sent again. No clock, no
//! socket, no serialisation: the wire crate has its own records and converts.

mod health;
mod histogram;
mod incarnation;
mod instant;
pub mod limits;
mod log_event;
mod log_limit;
mod names;
mod retry;
mod role;

pub use health::{Health, HealthReason, Lifecycle, SelfReport};
pub use histogram::{Histogram, Scale};
pub use incarnation::Incarnation;
pub use instant::Instant;
pub use log_event::{LOG_EVENTS, LogEvent};
pub use log_limit::{LOG_SPAN, LogLimit, MAX_LOG_KEYS, Passed};
pub use names::{InstanceId, MethodName, NameError, ResourceId, ServiceName, is_strict_token};
pub use retry::{AttemptEnd, Outcome, RetryWish, Safety, Verdict, may_be_sent_again};
pub use role::Role;
