//! The router's doubts of itself: it must have them when it should, and not for too long.

use std::time::Duration;

use aegis_core::{Router, TrustState};
use aegis_types::{Health, HealthReason};

use super::Judge;

/// A router that is called so late did not watch; or by a tenth of the TTL, if that is more.
const LATE_AFTER: Duration = Duration::from_secs(1);

/// What preserves lets go after so many TTLs.
const PRESERVING_TTLS: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct TrustWatch {
    preserves_since: Option<Duration>,
    woke_late_at: Option<Duration>,
    /// When it was told last that a deadline had come: it did not sleep before that.
    awake_at: Duration,
}

impl Judge {
    /// The router is about to be told that its nearest deadline has come.
    pub(crate) fn wakes(&mut self, now: Duration, core: &Router) {
        let (state, since) = core.trust();
        let awake_at = std::mem::replace(&mut self.trust.awake_at, now);
        let Some(due) = core.next_deadline() else {
            return;
        };
        // What was preserved is overdue from when it was let go of, not before.
        let began = due.max(since).since_origin().max(awake_at);
        let slept = now.saturating_sub(began);
        let is_late = slept > LATE_AFTER.max(self.lease_ttl / 10);
        if is_late && state != TrustState::Preserving {
            self.trust.woke_late_at = Some(now);
        }
    }

    /// At the end of each step.
    pub(super) fn examine_trust(&mut self, now: Duration, core: &Router, is_late: bool) {
        if core.trust().0 == TrustState::Preserving {
            let since = *self.trust.preserves_since.get_or_insert(now);
            if now > since + self.lease_ttl * PRESERVING_TTLS && !is_late {
                let text = format!("preserves since {since:?}: longer than two TTLs");
                self.accuse(text, None, None);
            }
        } else {
            self.trust.preserves_since = None;
        }
        let Some(woke) = self
            .trust
            .woke_late_at
            .filter(|woke| now < *woke + self.lease_ttl)
        else {
            return;
        };
        let expired = core.instances().find(|view| {
            view.health == Health::Unhealthy
                && view.reason == HealthReason::LeaseExpired
                && view.since.since_origin() >= woke
        });
        if let Some(view) = expired {
            let text = format!(
                "{} expired within a TTL of the router's late awakening",
                view.id
            );
            let process = self.process_of(&view);
            self.accuse(text, None, process);
        }
    }
}
