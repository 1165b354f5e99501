//! Probes of legacy inboxes on a real NATS server, which alone can tell whether anybody listens
//! there: an empty message is sent, 503 says that nobody does, and no 503 for a while says that
//! somebody does. A service of the first AegisIPC answers nothing to it.

use std::collections::VecDeque;
use std::time::Duration;

use aegis_core::InstanceKey;
use aegis_types::Instant;

/// No 503 in this time: the message reached somebody. A 503 takes a round trip.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Probes that may still come back as undelivered, the oldest first: all wait equally long.
#[derive(Debug, Default)]
pub(super) struct LegacyProbes {
    waiting: VecDeque<(Instant, InstanceKey, u64)>,
}

impl LegacyProbes {
    pub(super) fn sent(&mut self, now: Instant, instance: InstanceKey, nonce: u64) {
        self.waiting
            .push_back((now + ANSWER_WITHIN, instance, nonce));
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|(due, ..)| *due)
    }

    /// One that has waited long enough.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(InstanceKey, u64)> {
        let (_, instance, nonce) = self.waiting.pop_front_if(|(due, ..)| *due <= now)?;
        Some((instance, nonce))
    }
}
