//! Others that stand by, so that not all take over at once.

use std::time::Duration;

use aegis_types::Instant;

/// They are remembered for three announcements.
const REMEMBER: Duration = Duration::from_millis(1_500);

/// Most that are remembered. More only take over a little early.
const MAX_STANDBYS: usize = 16;

/// Since when each stands by, its id, and when it was heard.
#[derive(Debug, Default)]
pub(super) struct Standbys(Vec<(u64, String, Instant)>);

impl Standbys {
    pub(super) fn note(&mut self, now: Instant, since_ms: u64, router: &str) {
        self.0
            .retain(|(_, id, at)| id != router && now.saturating_since(*at) < REMEMBER);
        if self.0.len() < MAX_STANDBYS {
            self.0.push((since_ms, router.to_owned(), now));
        }
    }

    pub(super) fn forget(&mut self, router: &str) {
        self.0.retain(|(_, id, _)| id != router);
    }

    /// How many were there when the one that serves was heard last, and stand by for longer than
    /// this one.
    pub(super) fn before(&self, own: (u64, &String), heard: Instant) -> u32 {
        let before = self
            .0
            .iter()
            .filter(|(since, id, at)| (*since, id) < own && *at + REMEMBER > heard);
        u32::try_from(before.count()).unwrap_or(u32::MAX)
    }
}
