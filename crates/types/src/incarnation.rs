use std::fmt;

/// One life of an instance: made when the SDK's instance object is created and kept over every
/// re-registration and reconnect.
///
/// 64 bits, `unix_ms << 16 | random`: a later start compares greater, and two starts in the same
/// millisecond differ. A start with a smaller number means that the machine's clock stepped back,
/// and is refused with that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Incarnation(u64);

impl Incarnation {
    /// Makes one from the wall clock and 16 random bits.
    pub const fn mint(unix_ms: u64, random: u16) -> Incarnation {
        Incarnation(unix_ms << 16 | random as u64)
    }

    /// The number as it travels.
    pub const fn from_bits(bits: u64) -> Incarnation {
        Incarnation(bits)
    }

    /// The number as it travels.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_start_compares_greater() {
        assert!(Incarnation::mint(2, 0) > Incarnation::mint(1, u16::MAX));
        assert_ne!(Incarnation::mint(1, 1), Incarnation::mint(1, 2));
    }
}
