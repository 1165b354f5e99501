use super::*;

mod world;

use self::world::{Peer, World};

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
        matches!(
            &taken[..],
            [Move::StandBy(_), Move::Unseat(silent), Move::Serve(Reason::TookOver(of))]
            if of.router == "r0" && silent == of
        ),
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
    assert_eq!(world.handling(), [second]);
    let mut moves = world.routers[third].moves.iter();
    assert!(!moves.any(|next| matches!(next, Move::Serve(_))));
}

#[test]
fn of_two_that_serve_the_one_that_has_for_longer_stays() {
    let mut world = World::new();
    world.apart = true;
    let first = world.start(false);
    world.pass(Duration::from_millis(10));
    let second = world.start(false);
    // They do not hear each other: each looks and finds nobody. Their requests are in one queue group.
    world.pass(seconds(2));
    assert_eq!(world.handling(), [first, second]);
    world.apart = false;
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

/// A timer that was armed for a look rings after the connection was lost.
#[test]
fn a_look_that_was_cut_short_begins_anew() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(Duration::from_millis(600));
    world.lose(first);
    world.pass(Duration::from_millis(200));
    world.fire(first);
    assert!(world.serving().is_empty(), "it has no server");
    world.regain(first);
    world.pass(LOOK_FOR - Duration::from_millis(1));
    world.fire(first);
    assert!(world.serving().is_empty());
    world.pass(Duration::from_millis(1));
    assert_eq!(world.serving(), [first]);
}

/// Its server takes what it says and tells it nothing, so it would not hear of another either.
#[test]
fn nobody_serves_who_does_not_hear_itself() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    let second = world.start(false);
    world.routers[second] = world.start_over(second);
    world.routers[second].deaf = true;
    world.regain(second);
    world.pass(seconds(10));
    assert_eq!(world.serving(), [first]);
    world.routers[second].deaf = false;
    world.pass(seconds(10));
    assert_eq!(world.serving(), [first]);
    assert!(matches!(&world.routers[second].moves[..], [Move::Yield(_)]));
}

/// Its own announcement was on its way back when it was stopped.
#[test]
fn what_waited_in_the_socket_makes_nobody_sure() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    world.stop(first);
    world.announce(first, None);
    world.pass(SURE_FOR);
    world.go_on(first, false);
    let moves = &world.routers[first].moves;
    assert_eq!(
        moves[1..2],
        [Move::Doubt],
        "it doubted before anything of now came back"
    );
    world.stop(first);
    world.announce(first, None);
    world.pass(seconds(60));
    let said = world.routers[first].waiting.remove(0);
    world.routers[first].stopped = false;
    world.hear(first, &said);
    assert!(world.handling().is_empty());
    world.routers[first].deaf = true;
    world.pass(seconds(60));
    let resumed = Move::Serve(Reason::Resumed);
    let moves = &world.routers[first].moves;
    assert!(!moves.contains(&resumed), "nothing came back since");
}

/// It cannot know whether another took over: it looks, and nobody did.
#[test]
fn one_that_was_stopped_handles_nothing_until_it_has_looked() {
    for timer_first in [true, false] {
        let mut world = World::new();
        let first = world.start(false);
        world.pass(seconds(10));
        world.stop(first);
        world.pass(seconds(60));
        assert!(world.handling().is_empty(), "not even before any timer ran");
        world.go_on(first, timer_first);
        world.pass(LOOK_FOR - Duration::from_millis(1));
        assert!(world.handling().is_empty());
        world.pass(Duration::from_millis(1));
        assert_eq!(world.handling(), [first]);
        let [_, moves @ ..] = &world.routers[first].moves[..] else {
            panic!("it never served");
        };
        let expected = [Move::Doubt, Move::Withdraw, Move::Serve(Reason::Resumed)];
        assert_eq!(moves, expected);
    }
}

#[test]
fn one_that_was_stopped_for_a_moment_goes_on() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    world.stop(first);
    world.pass(Duration::from_millis(1_900));
    assert_eq!(world.handling(), [first]);
    world.go_on(first, false);
    world.pass(seconds(10));
    assert_eq!(world.routers[first].moves, [Move::Serve(Reason::Started)]);
}

#[test]
fn one_that_wakes_after_another_took_over_gives_way_and_handles_nothing() {
    for timer_first in [true, false] {
        let mut world = World::new();
        let first = world.start(true);
        world.pass(seconds(10));
        let second = world.start(true);
        world.stop(first);
        world.pass(seconds(5));
        assert_eq!(world.handling(), [second]);
        world.go_on(first, timer_first);
        assert_eq!(world.handling(), [second]);
        world.pass(seconds(10));
        assert_eq!(world.serving(), [second]);
        let last = world.routers[first].moves.last();
        assert!(matches!(last, Some(Move::Yield(_))), "{last:?}");
    }
}

/// Its server takes what it says and tells it nothing: no request comes to it either.
#[test]
fn one_that_hears_nothing_stops_handling_before_another_takes_over() {
    let mut world = World::new();
    let first = world.start(false);
    world.pass(seconds(10));
    let second = world.start(true);
    world.routers[first].deaf = true;
    for _ in 0..80 {
        world.pass(Duration::from_millis(100));
        assert!(world.handling().len() <= 1, "{}", world.now);
    }
    assert_eq!(world.handling(), [second]);
}

#[test]
fn one_that_stands_by_and_was_stopped_itself_takes_nothing_over() {
    for timer_first in [true, false] {
        let mut world = World::new();
        let first = world.start(false);
        world.pass(seconds(10));
        let second = world.start(true);
        world.stop(second);
        world.pass(seconds(60));
        world.go_on(second, timer_first);
        world.pass(seconds(10));
        assert_eq!(world.serving(), [first]);
        assert!(matches!(
            &world.routers[second].moves[..],
            [Move::StandBy(_)]
        ));
    }
}

/// One at a time is stopped, cut off or deafened for any time, and those that stand by watch: at no
/// instant would two of them handle a request.
#[test]
fn no_two_handle_requests_at_once() {
    for seed in 0..1_000_u64 {
        let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut dice = |sides: u64| {
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            chance % sides
        };
        let mut world = World::new();
        for _ in 0..2 + dice(2) {
            world.start(true);
            world.pass(seconds(5));
        }
        let watched = |world: &mut World, span: u64| {
            for _ in 0..span / 50 {
                world.pass(Duration::from_millis(50));
                let handling = world.handling();
                assert!(
                    handling.len() <= 1,
                    "seed {seed}, {}: {handling:?}",
                    world.now
                );
            }
        };
        for _ in 0..6 {
            let router = dice(world.routers.len() as u64) as usize;
            let (how, span) = (dice(3), dice(8_000));
            match how {
                0 => world.stop(router),
                1 => world.lose(router),
                _ => world.routers[router].deaf = true,
            }
            watched(&mut world, span);
            match how {
                0 => world.go_on(router, dice(2) == 0),
                1 => world.regain(router),
                _ => world.routers[router].deaf = false,
            }
            watched(&mut world, 5_000);
            for router in 0..world.routers.len() {
                if matches!(world.routers[router].moves.last(), Some(Move::Yield(_))) {
                    world.routers[router] = world.start_over(router);
                    world.regain(router);
                }
            }
            watched(&mut world, 5_000);
            assert_eq!(
                world.handling().len(),
                1,
                "seed {seed}: somebody serves again"
            );
        }
    }
}
