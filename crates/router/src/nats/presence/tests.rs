use super::*;

const WALL: u64 = 1_700_000_000_000;

/// Routers that hear each other, unless they are cut off, crashed or away.
struct World {
    now: Instant,
    routers: Vec<Peer>,
}

struct Peer {
    presence: Presence,
    id: String,
    /// Hears and is heard.
    connected: bool,
    moves: Vec<Move>,
}

impl World {
    fn new() -> World {
        World {
            now: Instant::from_origin(Duration::from_secs(1)),
            routers: Vec::new(),
        }
    }

    fn start(&mut self, may_stand_by: bool) -> usize {
        let id = format!("r{}", self.routers.len());
        self.routers.push(Peer {
            presence: Presence::new(&id, may_stand_by),
            id,
            connected: true,
            moves: Vec::new(),
        });
        let router = self.routers.len() - 1;
        self.tell(router, |presence, now, wall, moves| {
            presence.on_connected(now, wall, moves);
        });
        router
    }

    /// One router hears something; whatever it announces reaches the others at once.
    fn tell(
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

    fn announce(&mut self, router: usize, word: Option<&'static str>) {
        let from = &self.routers[router];
        if !from.connected {
            return;
        }
        let (id, since_ms) = (from.id.clone(), from.presence.since_ms());
        let state = word.unwrap_or(from.presence.word());
        for to in 0..self.routers.len() {
            if to == router || !self.routers[to].connected {
                continue;
            }
            let heard = Announcement {
                router: &id,
                state,
                since_ms,
                store: "",
                host: "",
                pid: 0,
                version: "",
            };
            self.tell(to, |presence, now, wall, moves| {
                presence.on_announcement(now, wall, &heard, moves);
            });
        }
    }

    fn wall(&self) -> u64 {
        WALL + self.now.as_millis()
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let due = self
                .routers
                .iter()
                .enumerate()
                .filter_map(|(router, peer)| Some((peer.presence.next_deadline()?, router)));
            match due.min() {
                Some((due, router)) if due <= end => {
                    self.now = self.now.max(due);
                    self.tell(router, |presence, now, wall, moves| {
                        presence.on_timer(now, wall, moves);
                    });
                }
                _ => break,
            }
        }
        self.now = end;
    }

    fn lose(&mut self, router: usize) {
        self.routers[router].connected = false;
        let now = self.now;
        self.routers[router].presence.on_lost(now);
    }

    fn regain(&mut self, router: usize) {
        self.routers[router].connected = true;
        self.tell(router, |presence, now, wall, moves| {
            presence.on_connected(now, wall, moves);
        });
    }

    fn crash(&mut self, router: usize) {
        self.lose(router);
    }

    fn serving(&self) -> Vec<usize> {
        let serves = |router: &usize| self.routers[*router].presence.is_serving();
        (0..self.routers.len()).filter(serves).collect()
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_first_serves_after_a_look_and_takes_nobodys_place() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(LOOK_FOR - Duration::from_millis(1));
    assert!(world.serving().is_empty());
    world.pass(Duration::from_millis(1));
    assert_eq!(world.serving(), [first]);
    assert_eq!(world.routers[first].moves, [Move::Serve(Reason::Started)]);
}

#[test]
fn a_second_one_finds_the_first_at_once_and_goes_away() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    let second = world.start(false);
    let [Move::Yield(to)] = &world.routers[second].moves[..] else {
        panic!("{:?}", world.routers[second].moves);
    };
    assert_eq!(to.router, world.routers[first].id);
    world.pass(seconds(10));
    assert_eq!(world.serving(), [first]);
}

#[test]
fn one_that_stands_by_takes_over_after_three_seconds_of_silence() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    let second = world.start(true);
    world.pass(seconds(10));
    assert_eq!(world.serving(), [first]);
    world.crash(first);
    world.pass(Duration::from_millis(2_400));
    assert!(!world.routers[second].presence.is_serving());
    world.pass(Duration::from_millis(601));
    assert!(world.routers[second].presence.is_serving());
    let taken = &world.routers[second].moves;
    assert!(
        matches!(&taken[..], [Move::StandBy(_), Move::Serve(Reason::TookOver(of))] if of.router == "r0"),
        "{taken:?}"
    );
}

#[test]
fn one_that_stands_by_takes_over_at_once_when_the_first_says_goodbye() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    let second = world.start(true);
    world.routers[first].presence.state = State::Yielded;
    world.announce(first, Some(Announcement::STOPPING));
    let taken = world.routers[second].moves.last();
    assert!(
        matches!(taken, Some(Move::Serve(Reason::HandedOver(_)))),
        "{taken:?}"
    );
}

#[test]
fn those_that_stand_by_take_over_one_after_the_other() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(2));
    let second = world.start(true);
    world.pass(seconds(2));
    let third = world.start(true);
    world.pass(seconds(2));
    world.crash(first);
    world.pass(seconds(30));
    assert_eq!(world.serving()[1..], [second]);
    assert!(world.routers[third].moves.len() == 1, "it never served");
}

#[test]
fn of_two_that_serve_the_one_that_has_for_longer_stays() {
    let mut world = World::new();
    let first = world.start(false);
    let second = world.start(false);
    // They do not hear each other: each looks and finds nobody.
    world.lose(second);
    world.routers[second].presence.lost_at = None;
    world.pass(seconds(2));
    assert_eq!(world.serving(), [first, second]);
    world.routers[second].presence.since_ms += 1;
    world.routers[second].connected = true;
    world.pass(seconds(1));
    assert_eq!(world.serving(), [first]);
}

#[test]
fn one_that_was_away_gives_way_to_the_one_that_took_over() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    let second = world.start(true);
    world.lose(first);
    world.pass(seconds(5));
    assert!(world.routers[second].presence.is_serving());
    world.regain(first);
    world.pass(seconds(1));
    assert_eq!(world.serving(), [second]);
}

#[test]
fn one_that_was_away_for_a_moment_goes_on() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    let second = world.start(true);
    world.lose(first);
    world.pass(seconds(2));
    world.regain(first);
    world.pass(seconds(30));
    assert_eq!(world.serving(), [first]);
    assert_eq!(world.routers[second].moves.len(), 1);
}

#[test]
fn one_that_hears_nobody_does_not_take_over() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    let second = world.start(true);
    world.lose(second);
    world.pass(seconds(60));
    world.regain(second);
    world.pass(seconds(10));
    assert_eq!(world.serving(), [first]);
}

/// Whatever happens, some time after it stops happening exactly one router serves.
#[test]
fn in_the_end_exactly_one_serves() {
    for seed in 0..500_u64 {
        let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut dice = |sides: u64| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance % sides
        };
        let mut world = World::new();
        for _ in 0..40 {
            let count = world.routers.len() as u64;
            match dice(4) {
                0 if count < 5 => {
                    world.start(true);
                }
                1 if count > 0 => {
                    let router = dice(count) as usize;
                    if world.routers[router].connected {
                        world.lose(router);
                    }
                }
                2 if count > 0 => {
                    let router = dice(count) as usize;
                    if !world.routers[router].connected {
                        world.regain(router);
                    }
                }
                _ => world.pass(Duration::from_millis(dice(4_000))),
            }
        }
        if world.routers.is_empty() {
            continue;
        }
        for router in 0..world.routers.len() {
            if !world.routers[router].connected {
                world.regain(router);
            }
        }
        world.pass(seconds(30));
        let yielded = |peer: &Peer| matches!(peer.moves.last(), Some(Move::Yield(_)));
        // Who gave way would start anew in the real host.
        let left = world.routers.iter().filter(|peer| !yielded(peer)).count();
        assert_eq!(world.serving().len(), 1, "seed {seed}, {left} left");
    }
}
