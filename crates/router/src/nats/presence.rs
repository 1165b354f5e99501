//! Who answers: one router serves, the others stand by or go away. Without sockets and clock.
//!
//! ```text
//! looking --another serves--> standing by (with `--standby`) | yielded
//!         --nobody for LOOK_FOR--> serving
//! standing by --the one that serves: silent for SILENT_FOR, or stopping--> serving
//! serving --another serves, and has done so for longer--> yielded
//! ```
//!
//! Routers announce themselves every [`ANNOUNCE_EVERY`]; whoever serves also answers the
//! announcement of one that looks at once. A router that could not announce itself for
//! [`SILENT_FOR`] must expect that another has taken over: from then on it counts as serving only
//! since it is heard again, so of two that serve the one that took over stays.
//!
//! Request subjects are in one queue group, so two routers that both believe to serve for a moment
//! never answer one request twice.

use std::time::Duration;

use aegis_types::Instant;
use aegis_wire::event::Presence as Announcement;

/// How often a router says that it is there.
pub(super) const ANNOUNCE_EVERY: Duration = Duration::from_millis(500);

/// How long one looks for others before it serves: one and a half announcements, though whoever
/// serves answers at once.
const LOOK_FOR: Duration = Duration::from_millis(750);

/// Whoever serves and was not heard for this long is gone.
const SILENT_FOR: Duration = Duration::from_secs(3);

/// Those that stand by take over one after the other, the longest standing first.
const RANK_PAUSE: Duration = Duration::from_secs(1);

/// Others that stand by are remembered for three announcements.
const REMEMBER: Duration = Duration::from_millis(1_500);

/// Most others that stand by and are remembered. More only take over a little early.
const MAX_STANDBYS: usize = 16;

/// Another router, as it announced itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRouter {
    /// Id of its life.
    pub router: String,
    /// Since when it serves: milliseconds since 1970, by its clock.
    pub since_ms: u64,
    /// Id of its data directory; empty if it has none.
    pub store: String,
    /// The machine it runs on.
    pub host: String,
    /// Its process there.
    pub pid: u64,
    /// The version of its program.
    pub version: String,
}

/// What a router does about the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Say that it is there.
    Announce,
    /// Wait for this one to go away.
    StandBy(OtherRouter),
    /// Answer requests from now on.
    Serve(Reason),
    /// Go away: this one serves.
    Yield(OtherRouter),
}

/// Why a router serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// There is no other.
    Started,
    /// This one fell silent.
    TookOver(OtherRouter),
    /// This one said goodbye, and still answers what it has.
    HandedOver(OtherRouter),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Not connected yet.
    Waiting,
    Looking {
        until: Instant,
    },
    Standby {
        first: OtherRouter,
        heard: Instant,
        said_goodbye: bool,
    },
    Serving,
    Yielded,
}

/// The machine. `since_ms` is wall time, for the order among routers and for people.
#[derive(Debug)]
pub(super) struct Presence {
    id: String,
    may_stand_by: bool,
    state: State,
    since_ms: u64,
    announce_at: Option<Instant>,
    lost_at: Option<Instant>,
    /// Others that stand by: since when, their id, and when they were heard.
    standbys: Vec<(u64, String, Instant)>,
}

impl Presence {
    pub(super) fn new(id: &str, may_stand_by: bool) -> Presence {
        Presence {
            id: id.to_owned(),
            may_stand_by,
            state: State::Waiting,
            since_ms: 0,
            announce_at: None,
            lost_at: None,
            standbys: Vec::new(),
        }
    }

    pub(super) fn is_serving(&self) -> bool {
        self.state == State::Serving
    }

    /// The word of its announcement.
    pub(super) fn word(&self) -> &'static str {
        match self.state {
            State::Waiting | State::Looking { .. } => Announcement::LOOKING,
            State::Standby { .. } => Announcement::STANDBY,
            State::Serving => Announcement::SERVING,
            State::Yielded => Announcement::STOPPING,
        }
    }

    pub(super) fn since_ms(&self) -> u64 {
        self.since_ms
    }

    /// The server has taken the subscription to announcements.
    pub(super) fn on_connected(&mut self, now: Instant, wall_ms: u64, moves: &mut Vec<Move>) {
        let away = self.lost_at.take().map(|lost| now.saturating_since(lost));
        let was_away = away.is_some_and(|away| away >= SILENT_FOR);
        match &mut self.state {
            State::Serving if was_away => self.since_ms = wall_ms,
            State::Serving | State::Yielded => {}
            // It heard nobody meanwhile: that says nothing about the one it waits for.
            State::Standby { heard, .. } => *heard = now,
            State::Waiting | State::Looking { .. } => {
                self.since_ms = wall_ms;
                self.state = State::Looking {
                    until: now + LOOK_FOR,
                };
            }
        }
        self.announce(now, moves);
    }

    pub(super) fn on_lost(&mut self, now: Instant) {
        self.lost_at.get_or_insert(now);
        self.announce_at = None;
    }

    pub(super) fn on_announcement(
        &mut self,
        now: Instant,
        wall_ms: u64,
        heard: &Announcement<'_>,
        moves: &mut Vec<Move>,
    ) {
        if heard.router == self.id {
            return;
        }
        match heard.state {
            Announcement::SERVING => self.on_serving(now, wall_ms, other(heard), moves),
            Announcement::STOPPING => self.on_stopping(now, wall_ms, heard, moves),
            Announcement::STANDBY => self.note_standby(now, heard),
            Announcement::LOOKING if self.is_serving() => moves.push(Move::Announce),
            _ => {}
        }
    }

    fn on_serving(
        &mut self,
        now: Instant,
        wall_ms: u64,
        other: OtherRouter,
        moves: &mut Vec<Move>,
    ) {
        match &mut self.state {
            State::Looking { .. } if self.may_stand_by => {
                self.stand_by(now, wall_ms, other, moves);
            }
            State::Looking { .. } => self.give_way(other, moves),
            State::Standby {
                first,
                heard,
                said_goodbye,
            } => {
                (*first, *heard, *said_goodbye) = (other, now, false);
            }
            State::Serving if (other.since_ms, &other.router) < (self.since_ms, &self.id) => {
                self.give_way(other, moves);
            }
            // It has to hear of this one, to give way.
            State::Serving => moves.push(Move::Announce),
            State::Waiting | State::Yielded => {}
        }
    }

    fn on_stopping(
        &mut self,
        now: Instant,
        wall_ms: u64,
        heard: &Announcement<'_>,
        moves: &mut Vec<Move>,
    ) {
        self.standbys.retain(|(_, id, _)| id != heard.router);
        if let State::Standby {
            first,
            said_goodbye,
            ..
        } = &mut self.state
            && first.router == heard.router
        {
            *said_goodbye = true;
            self.take_over_if_due(now, wall_ms, moves);
        }
    }

    fn note_standby(&mut self, now: Instant, heard: &Announcement<'_>) {
        self.standbys
            .retain(|(_, id, at)| id != heard.router && now.saturating_since(*at) < REMEMBER);
        if self.standbys.len() < MAX_STANDBYS {
            let id = heard.router.to_owned();
            self.standbys.push((heard.since_ms, id, now));
        }
    }

    pub(super) fn on_timer(&mut self, now: Instant, wall_ms: u64, moves: &mut Vec<Move>) {
        if let State::Looking { until } = self.state
            && until <= now
        {
            self.serve(now, wall_ms, Reason::Started, moves);
            return;
        }
        self.take_over_if_due(now, wall_ms, moves);
        if self.announce_at.is_some_and(|at| at <= now) {
            self.announce(now, moves);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let own = match &self.state {
            _ if self.lost_at.is_some() => None,
            State::Looking { until } => Some(*until),
            State::Standby { .. } => self.take_over_at(),
            State::Waiting | State::Serving | State::Yielded => None,
        };
        own.into_iter().chain(self.announce_at).min()
    }

    /// When the one that serves is given up, if nothing is heard of it.
    fn take_over_at(&self) -> Option<Instant> {
        let State::Standby {
            heard,
            said_goodbye,
            ..
        } = &self.state
        else {
            return None;
        };
        let rank = self.standbys.iter().filter(|(since, id, at)| {
            (*since, id) < (self.since_ms, &self.id) && *at + REMEMBER > *heard
        });
        let rank = u32::try_from(rank.count()).unwrap_or(u32::MAX);
        let patience = if *said_goodbye {
            Duration::ZERO
        } else {
            SILENT_FOR
        };
        Some(*heard + patience + RANK_PAUSE.saturating_mul(rank))
    }

    fn take_over_if_due(&mut self, now: Instant, wall_ms: u64, moves: &mut Vec<Move>) {
        if self.lost_at.is_some() || self.take_over_at().is_none_or(|due| due > now) {
            return;
        }
        if let State::Standby {
            first,
            said_goodbye,
            ..
        } = std::mem::replace(&mut self.state, State::Waiting)
        {
            let reason = match said_goodbye {
                true => Reason::HandedOver(first),
                false => Reason::TookOver(first),
            };
            self.serve(now, wall_ms, reason, moves);
        }
    }

    fn serve(&mut self, now: Instant, wall_ms: u64, reason: Reason, moves: &mut Vec<Move>) {
        self.state = State::Serving;
        self.since_ms = wall_ms;
        moves.push(Move::Serve(reason));
        self.announce(now, moves);
    }

    fn stand_by(&mut self, now: Instant, wall_ms: u64, first: OtherRouter, moves: &mut Vec<Move>) {
        self.since_ms = wall_ms;
        self.state = State::Standby {
            first: first.clone(),
            heard: now,
            said_goodbye: false,
        };
        moves.push(Move::StandBy(first));
        self.announce(now, moves);
    }

    fn give_way(&mut self, to: OtherRouter, moves: &mut Vec<Move>) {
        self.state = State::Yielded;
        self.announce_at = None;
        moves.push(Move::Yield(to));
    }

    fn announce(&mut self, now: Instant, moves: &mut Vec<Move>) {
        if self.state != State::Yielded {
            self.announce_at = Some(now + ANNOUNCE_EVERY);
            moves.push(Move::Announce);
        }
    }
}

fn other(heard: &Announcement<'_>) -> OtherRouter {
    OtherRouter {
        router: heard.router.to_owned(),
        since_ms: heard.since_ms,
        store: heard.store.to_owned(),
        host: heard.host.to_owned(),
        pid: heard.pid,
        version: heard.version.to_owned(),
    }
}

#[cfg(test)]
mod tests;
