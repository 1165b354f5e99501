//! Brokers that come, go, lie and fall silent.

use std::time::Duration;

use aegis_bus::{Connection, FlushError, PublishError, RequestError, ServerAddress};
use tokio::net::TcpListener;

use crate::scripted::{LONG, Script, recorder, within};

#[tokio::test]
async fn after_an_outage_subscriptions_are_back_and_stale_publishes_are_not() {
    let script = Script::start().await;
    let (connection, peer, mut story) = script.connected().await;
    connection.subscribe("a.*", Some("g")).unwrap();
    drop(peer);
    assert_eq!(story.next().await, "lost");
    assert!(!connection.is_connected());
    assert_eq!(connection.max_payload(), None);

    let not_connected = PublishError::NotConnected;
    let refused = connection.publish("stale", None, None, b"");
    assert_eq!(refused, Err(not_connected));
    let refused = connection.request("stale", None, b"", LONG).await;
    assert_eq!(refused, Err(RequestError::NotSent(not_connected)));
    let refused = connection.flush(LONG).await;
    assert_eq!(refused, Err(FlushError::NotConnected));
    connection.subscribe("b", None).unwrap();

    let mut peer = script.accept().await;
    let lines = peer.greet().await;
    assert!(lines[0].starts_with("CONNECT "));
    assert!(lines[1].starts_with("SUB _INBOX."));
    assert_eq!(lines[2..], ["SUB a.* g 2", "SUB b 3"]);
    let refused = connection.publish("early", None, None, b"");
    assert_eq!(
        refused,
        Err(not_connected),
        "the broker has not taken them yet"
    );
    peer.send("PONG\r\n").await;
    assert_eq!(story.next().await, "ready first=false");
    within("ready", connection.ready()).await;
    connection.publish("fresh", None, None, b"1").unwrap();
    let (words, _) = peer.publish().await;
    assert_eq!(words[1], "fresh", "nothing stale came before it");
}

#[tokio::test]
async fn what_was_accepted_and_not_written_ends_with_its_socket() {
    let script = Script::start().await;
    let (connection, peer, mut story) = script.connected().await;
    // The broker reads none of it, and the kernel takes only a part: much still waits in us.
    let body = vec![b'x'; 100_000];
    while connection.publish("stale", None, None, &body).is_ok() {
        tokio::task::yield_now().await;
    }
    drop(peer);
    assert_eq!(story.next().await, "lost");
    let (mut peer, lines) = script.welcome().await;
    assert_eq!(lines.len(), 2, "CONNECT and the inbox");
    assert_eq!(story.next().await, "ready first=false");
    connection.publish("fresh", None, None, b"1").unwrap();
    let (words, _) = peer.publish().await;
    assert_eq!(words[1], "fresh");
}

#[tokio::test]
async fn an_unreachable_broker_is_told_once_and_found_when_it_comes() {
    let script = Script::start().await;
    let mut options = script.options();
    options.backoff.max = Duration::from_millis(1);
    let address = options.servers[0].to_string();
    drop(script);
    let (recorder, mut story) = recorder();
    let _connection = Connection::open(options, recorder);
    assert!(story.next().await.starts_with("waiting: "));

    let script = Script::from(TcpListener::bind(address).await.unwrap());
    for _ in 0..5 {
        drop(script.accept().await);
    }
    let _peer = script.welcome().await;
    assert_eq!(story.next().await, "ready first=true");
}

#[tokio::test]
async fn junk_from_other_publishers_is_harmless() {
    let script = Script::start().await;
    let (connection, mut peer, mut story) = script.connected().await;
    connection.subscribe("a", None).unwrap();
    peer.send_bytes(b"HMSG a 2 9 10\r\njunk\xff\x00\r\n\r1\r\n")
        .await;
    peer.send_bytes(b"HMSG a 2 2 3\r\n\r\n2\r\n").await;
    peer.send_bytes(b"MSG a\xff 2 1\r\n3\r\n").await;
    peer.send_bytes(b"MSG a 2 1\r\n4\r\n").await;
    for expected in ["2 a 1", "2 a 2", "2 a 4"] {
        assert_eq!(story.next().await, expected);
    }
    assert!(connection.is_connected());
}

#[tokio::test]
async fn errors_of_the_broker_keep_or_end_the_connection() {
    let script = Script::start().await;
    let (connection, mut peer, mut story) = script.connected().await;
    peer.send("-ERR 'Permissions Violation for Publish to \"x\"'\r\nPING\r\n")
        .await;
    assert_eq!(peer.line().await, "PONG");
    assert!(connection.is_connected());
    peer.send("-ERR 'Slow Consumer'\r\n").await;
    assert_eq!(story.next().await, "lost");
    script.welcome().await;
    assert_eq!(story.next().await, "ready first=false");
}

#[tokio::test]
async fn a_silent_broker_is_given_up() {
    let script = Script::start().await;
    let mut options = script.options();
    options.ping_interval = Duration::from_millis(10);
    let (recorder, mut story) = recorder();
    let _connection = Connection::open(options, recorder);
    let (mut peer, _) = script.welcome().await;
    assert_eq!(story.next().await, "ready first=true");
    assert_eq!(story.next().await, "lost");
    assert_eq!(peer.rest().await, "PING\r\nPING\r\n");
}

#[tokio::test]
async fn what_is_no_broker_is_said_with_the_reason() {
    for (greeting, reason) in [
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "speaks no NATS"),
        (
            "INFO {\"headers\":true,\"auth_required\":true}\r\n",
            "authentication",
        ),
        ("", "in time"),
    ] {
        let script = Script::start().await;
        let mut options = script.options();
        options.connect_timeout = Duration::from_millis(100);
        let (recorder, mut story) = recorder();
        let _connection = Connection::open(options, recorder);
        let mut peer = script.accept().await;
        peer.send(greeting).await;
        let event = story.next().await;
        assert!(
            event.starts_with("waiting: ") && event.contains(reason),
            "{event}"
        );
    }
}

#[tokio::test]
async fn another_server_of_the_list_takes_over() {
    let (first, second) = (Script::start().await, Script::start().await);
    let mut options = first.options();
    options.servers.extend(second.options().servers);
    let (recorder, mut story) = recorder();
    let connection = Connection::open(options, recorder);
    let (peer, _) = first.welcome().await;
    drop(first);
    drop(peer);
    let _peer = second.welcome().await;
    for expected in ["ready first=true", "lost", "ready first=false"] {
        assert_eq!(story.next().await, expected);
    }
    assert!(connection.is_connected());
}

#[tokio::test]
async fn without_servers_it_can_still_be_closed() {
    let (recorder, mut story) = recorder();
    let none: Vec<ServerAddress> = Vec::new();
    let connection = Connection::open(aegis_bus::ConnectOptions::new(none), recorder);
    within("the close", connection.close()).await;
    assert!(story.is_over());
}
