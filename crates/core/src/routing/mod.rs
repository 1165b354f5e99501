//! Choosing an instance. Knows nothing of the registry, so that the SDK can use it on its own
//! route table when calls go directly.

mod eligible;
mod pick;

pub use eligible::{Candidate, Eligibility};
pub use pick::{Policy, least_in_flight_of_two, round_robin};
