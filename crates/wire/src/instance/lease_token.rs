use std::fmt;

use crate::value::{Reader, ValueError};

/// What the router gives an instance at registration and wants to see on everything that instance
/// says afterwards, so that nobody else can speak for it. Never printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeaseToken(u64);

impl LeaseToken {
    /// From the number as it travels, which must not be guessable.
    pub const fn from_bits(bits: u64) -> LeaseToken {
        LeaseToken(bits)
    }

    /// The number as it travels.
    pub const fn bits(self) -> u64 {
        self.0
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<LeaseToken, ValueError> {
        reader.uint("lease_token").map(LeaseToken)
    }
}

impl fmt::Debug for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeaseToken(..)")
    }
}
