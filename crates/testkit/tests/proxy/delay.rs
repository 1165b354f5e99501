use std::time::{Duration, Instant};

use aegis_testkit::Direction;

use crate::ends::{Ends, Stage, hear, say};

const DELAY: Duration = Duration::from_millis(300);

#[test]
fn everything_comes_later_by_the_delay_and_in_order() {
    let stage = Stage::new();
    let Ends {
        mut client,
        mut broker,
    } = stage.connect();
    stage.proxy.delay(Direction::ToBroker, DELAY);
    let start = Instant::now();
    say(&mut broker, "not delayed");
    hear(&mut client, "not delayed");
    assert!(start.elapsed() < DELAY, "the other way is delayed too");

    // A wire, not a turnstile: many messages take one delay, not many.
    let start = Instant::now();
    for number in 0..10 {
        say(&mut client, &number.to_string());
        // One chunk each.
        say(&mut broker, "x");
        hear(&mut client, "x");
    }
    hear(&mut broker, "0123456789");
    let took = start.elapsed();
    assert!(took >= DELAY, "too early, after {took:?}");
    assert!(took < DELAY * 3, "one delay after the other: {took:?}");
}

#[test]
fn healing_ends_the_delay() {
    let stage = Stage::new();
    let Ends {
        mut client,
        mut broker,
    } = stage.connect();
    stage.proxy.delay(Direction::ToClient, DELAY);
    stage.proxy.heal();
    let start = Instant::now();
    say(&mut broker, "at once");
    hear(&mut client, "at once");
    assert!(start.elapsed() < DELAY);
    say(&mut client, "this way too");
    hear(&mut broker, "this way too");
}
