//! Calls: from admission to exactly one answer.
//!
//! ```text
//! admitted --an instance is picked--> in flight --result, or a handler's answer--> answered
//!     |                                  |  ^
//!     |                                  |  | the attempt ended and the table of
//!     |                                  +--+ `aegis_types::may_be_sent_again` allows another
//!     +--nobody can take it--> answered  +--deadline, or no more instances--> answered
//! ```
//!
//! An attempt whose own deadline passed while the call goes on elsewhere has *lapsed*: its late
//! success still answers the call. What comes after the call is closed is counted and dropped.

mod attempt;
mod budget;
mod call;
mod ends;
mod failure;
mod finish;
mod reply;
mod request;
mod settle;

pub(crate) use attempt::{Attempt, AttemptState};
pub(crate) use budget::RetryBudget;
pub(crate) use call::{Call, Calls};
pub use ends::AttemptEnds;
pub use failure::{AttemptReport, CallFailure, CallFailureKind, Unroutable};
