//! The number in a response subject: which attempt or probe it answers.
//!
//! 128 bits: the upper half finds the call or the instance, the lower half is chance and must
//! match. So a late reply, a reply to a slot used again and a guess all find nothing. The lowest
//! bit tells attempts from probes.

use aegis_core::{CallId, InstanceKey};

/// What a response answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// An attempt of a call.
    Attempt { call: CallId, nonce: u64 },
    /// A probe of an instance.
    Probe { instance: InstanceKey, nonce: u64 },
}

const PROBE: u64 = 1;

impl Token {
    pub(super) fn attempt(call: CallId, chance: u64) -> Token {
        Token::Attempt {
            call,
            nonce: chance & !PROBE,
        }
    }

    pub(super) fn probe(instance: InstanceKey, chance: u64) -> Token {
        Token::Probe {
            instance,
            nonce: chance | PROBE,
        }
    }

    pub(super) fn bits(self) -> u128 {
        let (upper, lower) = match self {
            Token::Attempt { call, nonce } => (call.bits(), nonce),
            Token::Probe { instance, nonce } => (instance.bits(), nonce),
        };
        u128::from(upper) << 64 | u128::from(lower)
    }

    pub(super) fn from_bits(bits: u128) -> Token {
        let (upper, nonce) = ((bits >> 64) as u64, bits as u64);
        if nonce & PROBE == 0 {
            Token::Attempt {
                call: CallId::from_bits(upper),
                nonce,
            }
        } else {
            Token::Probe {
                instance: InstanceKey::from_bits(upper),
                nonce,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_tells_the_two_apart() {
        for chance in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
            let call = CallId::from_bits(7 << 32 | 3);
            let attempt = Token::attempt(call, chance);
            assert_eq!(Token::from_bits(attempt.bits()), attempt);
            let instance = InstanceKey::from_bits(7 << 32 | 3);
            let probe = Token::probe(instance, chance);
            assert_eq!(Token::from_bits(probe.bits()), probe);
        }
    }
}
