use std::collections::HashMap;

use foldhash::SharedSeed;
use foldhash::fast::SeedableRandomState;

/// A map keyed by names that strangers choose.
///
/// The hash is keyed with the router's secret seed, so that nobody can prepare names that collide,
/// and it is not SipHash, since each heartbeat costs two lookups. Foldhash claims resistance
/// against attackers who cannot measure; with a limit on registrations that is enough.
pub(crate) type NameMap<K, V> = HashMap<K, V, Hashing>;

pub(crate) type Hashing = SeedableRandomState;

pub(crate) fn hashing(seed: &[u8; 32]) -> Hashing {
    let [a, b, c, d, e, f, g, h, ..] = *seed;
    let seed = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    SeedableRandomState::with_seed(seed, SharedSeed::global_fixed())
}
