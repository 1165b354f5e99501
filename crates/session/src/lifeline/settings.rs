use std::fmt;
use std::time::Duration;

use aegis_types::limits::{
    DEFAULT_HEARTBEAT_INTERVAL, MAX_HEARTBEAT_INTERVAL, MIN_HEARTBEAT_INTERVAL,
};

/// Longest wait of an instance that comes back before it registers again, or its heartbeat interval or
/// a third of its last lease if that is less; the wait is chance. After a broker restart the whole fleet comes back at once.
pub const REJOIN_JITTER: Duration = Duration::from_millis(500);

/// First and longest pause between two tries to register. While no router answers, none is longer
/// than the heartbeat interval or a third of the last lease: a router that returns knows the instance,
/// and counts its silence from then on.
pub const REGISTER_PAUSES: (Duration, Duration) =
    (Duration::from_millis(200), Duration::from_secs(2));

/// How long a registration, a deregistration or the inbox may take to answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// Shortest and longest wait for the answer to a heartbeat; between them it is the interval.
pub const HEARTBEAT_TIMEOUTS: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_secs(5));

/// Heartbeats that every lease has room for: routers see to it.
pub const HEARTBEATS_IN_LEASE: u32 = 3;

/// The longest interval that a lease has room for.
pub(super) fn longest_interval(lease_ttl: Duration) -> Duration {
    (lease_ttl / HEARTBEATS_IN_LEASE).max(MIN_HEARTBEAT_INTERVAL)
}

/// Who sends the heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heartbeats {
    /// The lifeline, every so often.
    Every(Duration),
    /// The user, by hand. Without any, the registration ends with its lease.
    ByHand,
}

impl Default for Heartbeats {
    fn default() -> Heartbeats {
        Heartbeats::Every(DEFAULT_HEARTBEAT_INTERVAL)
    }
}

impl Heartbeats {
    /// The interval within the limits that every router accepts; `None` by hand.
    pub(super) fn interval(self) -> Option<Duration> {
        match self {
            Heartbeats::Every(interval) => {
                Some(interval.clamp(MIN_HEARTBEAT_INTERVAL, MAX_HEARTBEAT_INTERVAL))
            }
            Heartbeats::ByHand => None,
        }
    }
}

/// Proof of holding a registration. Never printed: whoever has it can end the registration.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LeaseToken(u64);

impl LeaseToken {
    /// From the number as it travels.
    pub const fn from_bits(bits: u64) -> LeaseToken {
        LeaseToken(bits)
    }

    /// The number as it travels.
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for LeaseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeaseToken(..)")
    }
}
