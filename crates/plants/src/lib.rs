//! Bugs planted on purpose.
//!
//! A simulator that has never failed proves nothing. So the mistakes that a router like this is
//! likely to be written with stand in the code, each at the very place where it would be made:
//!
//! ```text
//! if Plant::ExclusionIgnored.is_sown() { return false; }
//! ```
//!
//! Without the feature `planted-bugs` [`Plant::is_sown`] is a constant `false`, and nothing of them
//! is left in the program. With it one plant can be sown at run time, for the present thread, so
//! that one build serves all of them and seeds on several threads stay apart. Only the simulator
//! does so: `cargo xtask plants` shows that each is found within a bounded number of seeds, and that
//! the same seed passes when nothing is sown.
//!
//! This is the one global of the pure crates, and it does not exist in a product.

mod plant;
#[cfg(feature = "planted-bugs")]
mod sown;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use plant::Plant;
#[cfg(feature = "planted-bugs")]
pub use sown::{Sown, sow};

/// Whether bugs can be sown in this build at all. A product asserts that they cannot.
pub const CAN_BE_SOWN: bool = cfg!(feature = "planted-bugs");

#[cfg(not(feature = "planted-bugs"))]
impl Plant {
    /// Whether this bug is at work: never in this build.
    #[inline(always)]
    pub const fn is_sown(self) -> bool {
        false
    }
}

/// A clock on the wall, as [`Plant::WallClockInLease`] reads it: it is stepped by three seconds,
/// forth and back, every seven, as by an impatient time service.
pub fn wall_clock(since_origin: Duration) -> Duration {
    const EVERY: u64 = 7;
    const STEP: Duration = Duration::from_secs(3);
    match since_origin.as_secs() / EVERY % 2 {
        0 => since_origin,
        _ => since_origin + STEP,
    }
}
