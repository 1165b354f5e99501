//! Who answers: one router serves, the others stand by or go away. Without sockets and clock.
//!
//! ```text
//! looking --another serves--> standing by (with `--standby`) | yielded
//!         --nobody for LOOK_FOR--> serving
//! standing by --the one that serves: silent for SILENT_FOR, or stopping--> serving
//! serving --another serves, and has done so for longer--> yielded
//!         --does not hear itself for SURE_FOR--> looking again
//! looking again --another serves--> yielded
//!               --nobody for LOOK_FOR--> serving
//! ```
//!
//! Routers announce themselves every [`ANNOUNCE_EVERY`]; whoever serves also answers the
//! announcement of one that looks at once.
//!
//! A router is *sure* while it hears its own announcements come back: then it is heard by the
//! others, and what it reads is not old. One that was stopped, cut off or far behind is not, and its
//! requests may have been waiting in its socket while another took over: it handles none until it has
//! heard itself and has looked again. How old an announcement is counts from when it was *sent*, so
//! the old ones that a woken router finds in its socket prove nothing. Nobody who is not sure
//! begins to serve or takes over either: whoever does not hear himself hears nobody.
//!
//! Request subjects are in one queue group, so two routers that both believe to serve for a moment
//! never answer one request twice.

mod moves;
mod standbys;

use std::time::Duration;

use aegis_types::Instant;
use aegis_wire::event::Presence as Announcement;

pub use self::moves::OtherRouter;
pub(super) use self::moves::{Move, Reason};
use self::standbys::Standbys;

/// How often a router says that it is there.
pub(super) const ANNOUNCE_EVERY: Duration = Duration::from_millis(500);

/// How long one looks for others before it serves: one and a half announcements, though whoever
/// serves answers at once.
const LOOK_FOR: Duration = Duration::from_millis(750);

/// Whoever serves and was not heard for this long is gone.
const SILENT_FOR: Duration = Duration::from_secs(3);

/// How long after it sent an announcement that came back a router may handle requests. So much less
/// than [`SILENT_FOR`] that whoever takes over does so later, also if announcements take their time.
const SURE_FOR: Duration = Duration::from_millis(2_500);

/// Those that stand by take over one after the other, the longest standing first.
const RANK_PAUSE: Duration = Duration::from_secs(1);

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Looking {
        /// Since when it hears itself on this connection. Until then it has not begun to look.
        heard_itself: Option<Instant>,
        /// It has served.
        again: bool,
    },
    Standby {
        first: OtherRouter,
        heard: Instant,
        said_goodbye: bool,
        unseated: bool,
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
    is_connected: bool,
    announce_at: Option<Instant>,
    /// When the last of its announcements that came back was sent, while that makes it sure.
    heard_itself: Option<Instant>,
    standbys: Standbys,
}

impl Presence {
    pub(super) fn new(id: &str, may_stand_by: bool) -> Presence {
        Presence {
            id: id.to_owned(),
            may_stand_by,
            state: State::Looking {
                heard_itself: None,
                again: false,
            },
            since_ms: 0,
            is_connected: false,
            announce_at: None,
            heard_itself: None,
            standbys: Standbys::default(),
        }
    }

    pub(super) fn is_serving(&self) -> bool {
        self.state == State::Serving
    }

    /// Whether a request that is read at `now` may be handled. If not, [`Presence::doubt_if_due`] says
    /// what to do.
    pub(super) fn may_handle(&self, now: Instant) -> bool {
        self.is_serving() && self.is_sure(now)
    }

    fn is_sure(&self, now: Instant) -> bool {
        self.heard_itself.is_some_and(|sent| now < sent + SURE_FOR)
    }

    /// The one it waits for.
    pub(super) fn first(&self) -> Option<&OtherRouter> {
        match &self.state {
            State::Standby { first, .. } => Some(first),
            State::Looking { .. } | State::Serving | State::Yielded => None,
        }
    }

    /// The word of its announcement.
    pub(super) fn word(&self) -> &'static str {
        match self.state {
            State::Looking { .. } => Announcement::LOOKING,
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
        self.is_connected = true;
        self.doubt_if_due(now, wall_ms, moves);
        match &mut self.state {
            State::Looking { .. } => self.since_ms = wall_ms,
            // It heard nobody meanwhile: that says nothing about the one it waits for.
            State::Standby {
                heard, unseated, ..
            } => (*heard, *unseated) = (now, false),
            State::Serving | State::Yielded => {}
        }
        self.announce(now, moves);
    }

    pub(super) fn on_lost(&mut self, moves: &mut Vec<Move>) {
        self.is_connected = false;
        self.announce_at = None;
        if let State::Looking {
            heard_itself,
            again,
        } = &mut self.state
        {
            *heard_itself = None;
            if *again {
                moves.push(Move::Withdraw);
            }
        }
    }

    /// Whoever has not heard himself for too long is not sure any more. It is looked at before
    /// anything else is decided: whoever was stopped wakes here.
    pub(super) fn doubt_if_due(&mut self, now: Instant, wall_ms: u64, moves: &mut Vec<Move>) {
        if self.heard_itself.is_none() || self.is_sure(now) {
            return;
        }
        self.heard_itself = None;
        match &mut self.state {
            State::Looking { heard_itself, .. } => *heard_itself = None,
            State::Serving => self.look_again(now, wall_ms, moves),
            State::Standby { .. } | State::Yielded => {}
        }
    }

    fn look_again(&mut self, now: Instant, wall_ms: u64, moves: &mut Vec<Move>) {
        self.state = State::Looking {
            heard_itself: None,
            again: true,
        };
        self.since_ms = wall_ms;
        moves.push(Move::Doubt);
        if self.is_connected {
            self.announce(now, moves);
        } else {
            moves.push(Move::Withdraw);
        }
    }

    pub(super) fn on_announcement(
        &mut self,
        now: Instant,
        wall_ms: u64,
        heard: &Announcement<'_>,
        moves: &mut Vec<Move>,
    ) {
        self.doubt_if_due(now, wall_ms, moves);
        if heard.router == self.id {
            self.on_own(now, heard.sent_ms, moves);
            return;
        }
        match heard.state {
            Announcement::SERVING => self.on_serving(now, wall_ms, OtherRouter::of(heard), moves),
            Announcement::STOPPING => self.on_stopping(now, wall_ms, heard, moves),
            Announcement::STANDBY => self.standbys.note(now, heard.since_ms, heard.router),
            Announcement::LOOKING if self.is_serving() => moves.push(Move::Announce),
            _ => {}
        }
    }

    /// One of its own announcements came back.
    fn on_own(&mut self, now: Instant, sent_ms: u64, moves: &mut Vec<Move>) {
        let sent = Instant::from_origin(Duration::from_millis(sent_ms)).min(now);
        if sent + SURE_FOR <= now {
            return;
        }
        let was_sure = self.heard_itself.is_some();
        self.heard_itself = self.heard_itself.max(Some(sent));
        match &mut self.state {
            State::Looking {
                heard_itself: heard_itself @ None,
                again,
            } => {
                *heard_itself = Some(now);
                if *again {
                    moves.push(Move::Withdraw);
                }
            }
            State::Standby {
                heard, unseated, ..
            } if !was_sure => (*heard, *unseated) = (now, false),
            State::Looking { .. } | State::Standby { .. } | State::Serving | State::Yielded => {}
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
            State::Looking { again: false, .. } if self.may_stand_by => {
                self.stand_by(now, wall_ms, other, moves);
            }
            State::Looking { .. } => self.give_way(other, moves),
            State::Standby {
                first,
                heard,
                said_goodbye,
                unseated,
            } => {
                (*first, *heard) = (other, now);
                (*said_goodbye, *unseated) = (false, false);
            }
            State::Serving if (other.since_ms, &other.router) < (self.since_ms, &self.id) => {
                self.give_way(other, moves);
            }
            // It has to hear of this one, to give way.
            State::Serving => moves.push(Move::Announce),
            State::Yielded => {}
        }
    }

    fn on_stopping(
        &mut self,
        now: Instant,
        wall_ms: u64,
        heard: &Announcement<'_>,
        moves: &mut Vec<Move>,
    ) {
        self.standbys.forget(heard.router);
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

    pub(super) fn on_timer(&mut self, now: Instant, wall_ms: u64, moves: &mut Vec<Move>) {
        self.doubt_if_due(now, wall_ms, moves);
        match self.state {
            State::Looking {
                heard_itself: Some(since),
                again,
            } if since + LOOK_FOR <= now => {
                let reason = if again {
                    Reason::Resumed
                } else {
                    Reason::Started
                };
                self.serve(now, wall_ms, reason, moves);
            }
            State::Standby { .. } => {
                self.unseat_if_due(now, moves);
                self.take_over_if_due(now, wall_ms, moves);
            }
            State::Looking { .. } | State::Serving | State::Yielded => {}
        }
        if self.announce_at.is_some_and(|at| at <= now) {
            self.announce(now, moves);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let own = match &self.state {
            State::Looking { heard_itself, .. } => heard_itself.map(|since| since + LOOK_FOR),
            State::Standby { .. } if self.may_judge() => self
                .unseat_at()
                .into_iter()
                .chain(self.take_over_at())
                .min(),
            State::Standby { .. } | State::Serving | State::Yielded => None,
        };
        let doubt_at = self.heard_itself.map(|sent| sent + SURE_FOR);
        own.into_iter()
            .chain(doubt_at)
            .chain(self.announce_at)
            .min()
    }

    /// Whether silence says anything: whoever does not hear himself hears nobody.
    fn may_judge(&self) -> bool {
        self.is_connected && self.heard_itself.is_some()
    }

    /// When the one that serves is not sure any more, if it works and nothing is heard of it.
    fn unseat_at(&self) -> Option<Instant> {
        match &self.state {
            State::Standby {
                heard,
                said_goodbye: false,
                unseated: false,
                ..
            } => Some(*heard + SURE_FOR),
            _ => None,
        }
    }

    fn unseat_if_due(&mut self, now: Instant, moves: &mut Vec<Move>) {
        if !self.may_judge() || self.unseat_at().is_none_or(|due| due > now) {
            return;
        }
        if let State::Standby {
            first, unseated, ..
        } = &mut self.state
        {
            *unseated = true;
            moves.push(Move::Unseat(first.clone()));
        }
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
        let before = self.standbys.before((self.since_ms, &self.id), *heard);
        let patience = if *said_goodbye {
            Duration::ZERO
        } else {
            SILENT_FOR
        };
        Some(*heard + patience + RANK_PAUSE.saturating_mul(before))
    }

    fn take_over_if_due(&mut self, now: Instant, wall_ms: u64, moves: &mut Vec<Move>) {
        if !self.may_judge() || self.take_over_at().is_none_or(|due| due > now) {
            return;
        }
        if let State::Standby {
            first,
            said_goodbye,
            ..
        } = &self.state
        {
            let reason = match said_goodbye {
                true => Reason::HandedOver(first.clone()),
                false => Reason::TookOver(first.clone()),
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
            unseated: false,
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

#[cfg(test)]
mod tests;
