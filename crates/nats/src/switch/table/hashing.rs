use std::collections::HashMap;

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

/// A map keyed by text that strangers choose.
///
/// The hash is keyed, since whoever could predict it could subscribe to subjects that collide and
/// make every lookup of the one thread slow; and it is not SipHash, since each message costs two
/// lookups and a call four messages. Foldhash claims resistance against attackers who cannot
/// measure; on loopback, with a limit on subscriptions, that is enough.
pub(crate) type TextMap<V> = HashMap<Box<str>, V, Hashing>;

pub(crate) type Hashing = SeedableRandomState;

pub(crate) fn hashing(seed: u64) -> Hashing {
    SeedableRandomState::with_seed(seed, SharedSeed::global_fixed())
}
