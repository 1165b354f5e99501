use std::collections::VecDeque;
use std::time::Duration;

use aegis_types::Instant;

/// Replies that are remembered: of the latest few, the quickest is believed. As in the clock
/// filter of NTP (RFC 5905, section 10): the error of a reading is at most its round trip, so one
/// quick reply is worth more than the mean of slow ones, and old ones are dropped since clocks of
/// two machines drift apart.
const READINGS: usize = 8;

/// What the router's clock shows, as far as heartbeat replies tell.
///
/// The clock was read before the reply reached us, so counting from its *receipt* makes our idea of
/// it late, never early: a request is not refused before its time.
#[derive(Clone, Debug, Default)]
pub(super) struct RouterClock {
    readings: VecDeque<Reading>,
    /// Replies to what was sent before say nothing any more.
    since: Instant,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    round_trip: Duration,
    ours: Instant,
    theirs: Instant,
}

impl RouterClock {
    pub(super) fn forget(&mut self, now: Instant) {
        self.readings.clear();
        self.since = now;
    }

    pub(super) fn heard(&mut self, sent_at: Instant, now: Instant, theirs: Instant) {
        if sent_at < self.since {
            return;
        }
        if self.readings.len() == READINGS {
            self.readings.pop_front();
        }
        self.readings.push_back(Reading {
            round_trip: now.saturating_since(sent_at),
            ours: now,
            theirs,
        });
    }

    /// When our clock shows it, at the latest; `None` while the router's clock is not known.
    pub(super) fn to_ours(&self, theirs: Instant) -> Option<Instant> {
        let best = self
            .readings
            .iter()
            .min_by_key(|reading| reading.round_trip)?;
        Some(if theirs >= best.theirs {
            best.ours + theirs.saturating_since(best.theirs)
        } else {
            let ago = best.theirs.saturating_since(theirs);
            Instant::from_origin(best.ours.since_origin().saturating_sub(ago))
        })
    }
}
