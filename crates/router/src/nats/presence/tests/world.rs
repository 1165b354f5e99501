//! Routers that announce themselves to each other, at virtual time.

use super::*;

const WALL: u64 = 1_700_000_000_000;

/// Routers that hear each other and themselves, unless they are cut off, stopped or away.
pub(super) struct World {
    pub(super) now: Instant,
    /// Each hears itself alone.
    pub(super) apart: bool,
    pub(super) routers: Vec<Peer>,
}

pub(super) struct Peer {
    pub(super) presence: Presence,
    pub(super) id: String,
    /// Hears and is heard.
    pub(super) connected: bool,
    /// It does nothing; what comes waits in its socket.
    pub(super) stopped: bool,
    /// Its server takes what it says, and nothing comes from there: silence without an end.
    pub(super) deaf: bool,
    pub(super) waiting: Vec<Heard>,
    pub(super) moves: Vec<Move>,
}

/// An announcement on its way.
#[derive(Clone)]
pub(super) struct Heard {
    pub(super) id: String,
    pub(super) state: &'static str,
    pub(super) since_ms: u64,
    pub(super) sent_ms: u64,
}

impl World {
    pub(super) fn new() -> World {
        World {
            now: Instant::from_origin(Duration::from_secs(1)),
            apart: false,
            routers: Vec::new(),
        }
    }

    pub(super) fn start(&mut self, may_stand_by: bool) -> usize {
        let id = format!("r{}", self.routers.len());
        self.routers.push(Peer {
            presence: Presence::new(&id, may_stand_by),
            id,
            connected: true,
            stopped: false,
            deaf: false,
            waiting: Vec::new(),
            moves: Vec::new(),
        });
        let router = self.routers.len() - 1;
        self.tell(router, |presence, now, wall, moves| {
            presence.on_connected(now, wall, moves);
        });
        router
    }

    /// One router hears something; whatever it announces reaches the others at once.
    pub(super) fn tell(
        &mut self,
        router: usize,
        event: impl FnOnce(&mut Presence, Instant, u64, &mut Vec<Move>),
    ) {
        let wall = self.wall();
        let now = self.now;
        let peer = &mut self.routers[router];
        let mut moves = Vec::new();
        event(&mut peer.presence, now, wall, &mut moves);
        for next in moves {
            if next == Move::Announce {
                self.announce(router, None);
            } else {
                self.routers[router].moves.push(next);
            }
        }
    }

    pub(super) fn announce(&mut self, router: usize, word: Option<&'static str>) {
        let from = &self.routers[router];
        if !from.connected {
            return;
        }
        let said = Heard {
            id: from.id.clone(),
            state: word.unwrap_or(from.presence.word()),
            since_ms: from.presence.since_ms(),
            sent_ms: self.now.as_millis(),
        };
        for to in 0..self.routers.len() {
            if self.apart && to != router {
                continue;
            }
            let peer = &mut self.routers[to];
            if peer.connected && peer.stopped {
                peer.waiting.push(said.clone());
            } else if peer.connected && !peer.deaf {
                self.hear(to, &said);
            }
        }
    }

    pub(super) fn hear(&mut self, router: usize, said: &Heard) {
        let heard = Announcement {
            router: &said.id,
            state: said.state,
            since_ms: said.since_ms,
            store: "",
            host: "",
            pid: 0,
            version: "",
            sent_ms: said.sent_ms,
        };
        self.tell(router, |presence, now, wall, moves| {
            presence.on_announcement(now, wall, &heard, moves);
        });
    }

    pub(super) fn wall(&self) -> u64 {
        WALL + self.now.as_millis()
    }

    pub(super) fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        let mut turns = 0;
        loop {
            let peers = self.routers.iter().enumerate();
            let due = peers
                .filter(|(_, peer)| !peer.stopped)
                .filter_map(|(router, peer)| Some((peer.presence.next_deadline()?, router)));
            match due.min() {
                Some((due, router)) if due <= end => {
                    turns = if due > self.now { 0 } else { turns + 1 };
                    assert!(turns < 100, "a deadline that nothing moves");
                    self.now = self.now.max(due);
                    self.fire(router);
                }
                _ => break,
            }
        }
        self.now = end;
    }

    /// Its timer comes: when it is due, or late, or armed for what is over.
    pub(super) fn fire(&mut self, router: usize) {
        self.tell(router, |presence, now, wall, moves| {
            presence.on_timer(now, wall, moves);
        });
    }

    pub(super) fn stop(&mut self, router: usize) {
        self.routers[router].stopped = true;
    }

    /// It goes on: what waited is read, before or after its timer.
    pub(super) fn go_on(&mut self, router: usize, timer_first: bool) {
        self.routers[router].stopped = false;
        if timer_first {
            self.fire(router);
        }
        for said in std::mem::take(&mut self.routers[router].waiting) {
            self.hear(router, &said);
        }
        self.fire(router);
    }

    /// Those that would handle a request that they read now.
    pub(super) fn handling(&self) -> Vec<usize> {
        let handles = |router: &usize| self.routers[*router].presence.may_handle(self.now);
        (0..self.routers.len()).filter(handles).collect()
    }

    pub(super) fn lose(&mut self, router: usize) {
        self.routers[router].connected = false;
        self.routers[router].waiting.clear();
        self.tell(router, |presence, _, _, moves| presence.on_lost(moves));
    }

    pub(super) fn regain(&mut self, router: usize) {
        self.routers[router].connected = true;
        self.tell(router, |presence, now, wall, moves| {
            presence.on_connected(now, wall, moves);
        });
    }

    /// The next life of one that gave way.
    pub(super) fn start_over(&self, router: usize) -> Peer {
        let old = &self.routers[router];
        let id = format!("{}x", old.id);
        Peer {
            presence: Presence::new(&id, old.presence.may_stand_by),
            id,
            connected: false,
            stopped: false,
            deaf: false,
            waiting: Vec::new(),
            moves: Vec::new(),
        }
    }

    pub(super) fn crash(&mut self, router: usize) {
        self.stop(router);
    }

    pub(super) fn serving(&self) -> Vec<usize> {
        let serves = |router: &usize| self.routers[*router].presence.is_serving();
        (0..self.routers.len()).filter(serves).collect()
    }
}
