use aegis_testkit::wait_for;

use crate::ends::{Ends, Stage, hear, hear_all, say};

#[test]
fn cut_closes_both_sides_and_the_next_connection_passes() {
    let stage = Stage::new();
    let Ends {
        mut client,
        mut broker,
    } = stage.connect();
    say(&mut client, "1");
    hear(&mut broker, "1");
    stage.proxy.cut();
    assert_eq!(hear_all(&mut client), "");
    assert_eq!(hear_all(&mut broker), "");
    assert_eq!(stage.proxy.connections().len(), 0);

    let mut next = stage.connect();
    say(&mut next.client, "2");
    hear(&mut next.broker, "2");
}

#[test]
fn one_connection_can_be_cut_alone() {
    let stage = Stage::new();
    let mut first = stage.connect();
    let mut second = stage.connect();
    stage.proxy.connections()[0].cut();
    assert_eq!(hear_all(&mut first.broker), "");
    say(&mut second.client, "still here");
    hear(&mut second.broker, "still here");
    assert_eq!(stage.proxy.connections().len(), 1);
}

#[test]
fn a_connection_that_both_sides_closed_is_listed_no_more() {
    let stage = Stage::new();
    let ends = stage.connect();
    assert_eq!(stage.proxy.connections().len(), 1);
    drop(ends);
    wait_for("the connection to end", || {
        stage.proxy.connections().is_empty().then_some(())
    });
}
