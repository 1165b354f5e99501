use std::net::Shutdown;

use aegis_testkit::Direction;

use crate::ends::{Ends, Stage, hear, hear_all, hear_nothing, say};

#[test]
fn one_way_silence_leaves_the_other_way() {
    let stage = Stage::new();
    let Ends {
        mut client,
        mut broker,
    } = stage.connect();
    stage.proxy.silence(Direction::ToBroker);
    say(&mut client, "PING");
    hear_nothing(&mut broker);
    say(&mut broker, "PONG");
    hear(&mut client, "PONG");

    stage.proxy.heal();
    stage.proxy.silence(Direction::ToClient);
    hear(&mut broker, "PING");
    say(&mut broker, "INFO");
    hear_nothing(&mut client);
}

#[test]
fn half_open_holds_everything_and_healing_brings_it_in_order() {
    let stage = Stage::new();
    let Ends {
        mut client,
        mut broker,
    } = stage.connect();
    say(&mut client, "1");
    hear(&mut broker, "1");
    stage.proxy.half_open();
    say(&mut client, "2");
    say(&mut client, "3");
    say(&mut broker, "a");
    hear_nothing(&mut broker);
    hear_nothing(&mut client);
    stage.proxy.heal();
    say(&mut client, "4");
    hear(&mut broker, "234");
    hear(&mut client, "a");
}

#[test]
fn half_open_hides_a_close() {
    let stage = Stage::new();
    let Ends { client, mut broker } = stage.connect();
    stage.proxy.half_open();
    drop(client);
    hear_nothing(&mut broker);
    stage.proxy.heal();
    assert_eq!(hear_all(&mut broker), "");
}

#[test]
fn silence_holds_for_connections_to_come() {
    let stage = Stage::new();
    stage.proxy.half_open();
    let mut client = stage.client();
    say(&mut client, "CONNECT");
    hear_nothing(&mut client);
    stage.proxy.heal();
    let mut broker = stage.accept();
    hear(&mut broker, "CONNECT");
}

#[test]
fn one_connection_can_be_silent_alone() {
    let stage = Stage::new();
    let mut quiet = stage.connect();
    let mut loud = stage.connect();
    let connections = stage.proxy.connections();
    connections[0].silence(Direction::ToBroker);
    say(&mut quiet.client, "quiet");
    say(&mut loud.client, "loud");
    hear(&mut loud.broker, "loud");
    hear_nothing(&mut quiet.broker);
    assert_eq!(connections[1].opening(), "loud");
    assert_eq!(connections[1].relayed(Direction::ToBroker), 4);
    connections[0].heal();
    hear(&mut quiet.broker, "quiet");
}

#[test]
fn without_faults_every_byte_and_both_ends_pass() {
    let stage = Stage::new();
    let Ends {
        mut client,
        mut broker,
    } = stage.connect();
    let text = "0123456789".repeat(100_000);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            say(&mut client, &text);
            client.shutdown(Shutdown::Write).expect("an open socket");
        });
        assert!(hear_all(&mut broker) == text, "a megabyte is changed");
    });
    say(&mut broker, "still open this way");
    drop(broker);
    assert_eq!(hear_all(&mut client), "still open this way");
}
