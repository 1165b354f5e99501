use aegis_testkit::{Direction, Then};

use crate::ends::{Ends, Stage, hear, hear_all, hear_nothing, say};

#[test]
fn the_budget_passes_to_the_byte_and_then_the_connection_is_cut() {
    let stage = Stage::new();
    stage.proxy.budget(Direction::ToBroker, 5, Then::Cut);
    let Ends {
        mut client,
        mut broker,
    } = stage.connect();
    say(&mut client, "123456789");
    assert_eq!(hear_all(&mut broker), "12345");
}

#[test]
fn a_budget_may_end_in_silence_and_healing_brings_the_rest() {
    let stage = Stage::new();
    let Ends {
        mut client,
        mut broker,
    } = stage.connect();
    stage.proxy.budget(Direction::ToClient, 3, Then::Silence);
    say(&mut broker, "12345");
    hear(&mut client, "123");
    hear_nothing(&mut client);
    say(&mut client, "the other way is free");
    hear(&mut broker, "the other way is free");
    stage.proxy.heal();
    hear(&mut client, "45");
}

#[test]
fn each_connection_has_a_budget_of_its_own() {
    let stage = Stage::new();
    stage.proxy.budget(Direction::ToBroker, 2, Then::Silence);
    for _ in 0..2 {
        let mut ends = stage.connect();
        say(&mut ends.client, "123");
        hear(&mut ends.broker, "12");
        hear_nothing(&mut ends.broker);
    }
}
