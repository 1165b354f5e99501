//! What goes out: order, limits, flushing, closing, and who may write from where.

use std::time::Duration;

use crate::scripted::{LONG, Script, recorder, within};
use aegis_bus::{
    Connection, Delivery, FlushError, PENDING_BYTES, PublishError, RequestError, SubscribeError,
    Subscriber, WeakConnection,
};

#[tokio::test]
async fn a_flush_ends_with_the_answer_of_the_broker() {
    let script = Script::start().await;
    let (connection, mut peer, _story) = script.connected().await;
    connection.publish("a", None, None, b"1").unwrap();
    let serve = async {
        peer.publish().await;
        assert_eq!(peer.line().await, "PING");
        peer.send("PONG\r\n").await;
    };
    let (flushed, ()) = tokio::join!(connection.flush(LONG), serve);
    assert_eq!(flushed, Ok(()));
    let timed_out = connection.flush(Duration::from_millis(1)).await;
    assert_eq!(timed_out, Err(FlushError::TimedOut));
    drop(peer);
    let lost = within("the loss", connection.flush(LONG)).await;
    assert!(matches!(
        lost,
        Err(FlushError::ConnectionLost | FlushError::NotConnected)
    ));
}

#[tokio::test]
async fn a_broker_that_does_not_read_makes_publishes_refused_not_pile_up() {
    let script = Script::start().await;
    let mut options = script.options();
    options.max_pending_bytes = 100_000;
    let (recorder, _story) = recorder();
    let connection = Connection::open(options, recorder);
    let (mut peer, _) = script.welcome().await;
    within("ready", connection.ready()).await;

    // More than any kernel takes for one socket: 30 MB.
    let mut accepted = Vec::new();
    let full = PublishError::Overloaded {
        limit: PENDING_BYTES,
        max: 100_000,
    };
    for number in 0..3000 {
        let body = format!("{number:<10000}");
        match connection.publish("a", None, None, body.as_bytes()) {
            Ok(()) => accepted.push(number),
            Err(error) => {
                assert_eq!(error, full);
                tokio::task::yield_now().await;
            }
        }
    }
    assert!(accepted.len() < 3000);
    for number in accepted {
        let (_, body) = peer.publish().await;
        assert_eq!(
            body.trim_end(),
            number.to_string(),
            "in order, none missing"
        );
    }
    connection.publish("b", None, None, b"").unwrap();
    let (words, _) = peer.publish().await;
    assert_eq!(words[1], "b", "what was refused never came");
}

#[tokio::test]
async fn close_waits_until_the_broker_has_read_everything() {
    let script = Script::start().await;
    let (connection, mut peer, mut story) = script.connected().await;
    for _ in 0..1000 {
        connection.publish("a", None, None, b"1").unwrap();
    }
    let serve = async {
        for _ in 0..1000 {
            peer.publish().await;
        }
        assert_eq!(peer.line().await, "PING");
        peer.send("PONG\r\n").await;
        assert_eq!(peer.rest().await, "");
    };
    within("the close", async {
        tokio::join!(connection.close(), serve)
    })
    .await;
    assert!(story.is_over(), "who closes has lost nothing");
    assert!(!connection.is_connected());
    within("ready", connection.ready()).await;
    let closed = PublishError::Closed;
    assert_eq!(connection.publish("a", None, None, b""), Err(closed));
    assert_eq!(connection.subscribe("a", None), Err(SubscribeError::Closed));
    assert_eq!(connection.flush(LONG).await, Err(FlushError::Closed));
    let refused = connection.request("a", None, b"", LONG).await;
    assert_eq!(refused, Err(RequestError::NotSent(closed)));
    within("another close", connection.close()).await;
}

#[tokio::test]
async fn close_does_not_wait_for_ever() {
    let script = Script::start().await;
    let mut options = script.options();
    options.close_timeout = Duration::from_millis(10);
    let (recorder, _story) = recorder();
    let connection = Connection::open(options, recorder);
    let _peer = script.welcome().await;
    within("ready", connection.ready()).await;
    within("the close", connection.close()).await;
}

#[tokio::test]
async fn dropping_the_last_handle_writes_what_was_accepted_and_ends() {
    let script = Script::start().await;
    let (connection, mut peer, _story) = script.connected().await;
    let other = connection.clone();
    drop(connection);
    other.publish("a", None, None, b"last").unwrap();
    drop(other);
    let (_, body) = peer.publish().await;
    assert_eq!(body, "last");
    assert_eq!(peer.line().await, "PING");
    peer.send("PONG\r\n").await;
    assert_eq!(peer.rest().await, "");
}

/// Answers every message from within `on_message`.
struct Echo(WeakConnection);

impl Subscriber for Echo {
    fn on_message(&mut self, message: Delivery<'_>) {
        let connection = self.0.upgrade().unwrap();
        assert!(connection.is_connected());
        let reply = message.reply.unwrap();
        connection
            .publish(reply, None, None, message.payload)
            .unwrap();
    }

    fn on_ready(&mut self, _first: bool) {
        let connection = self.0.upgrade().unwrap();
        connection.publish("hello", None, None, b"").unwrap();
    }
}

#[tokio::test]
async fn a_subscriber_may_use_its_own_connection() {
    let script = Script::start().await;
    let connection = Connection::open_with(script.options(), Echo);
    let echo = connection.subscribe("echo", None).unwrap();
    let (mut peer, _) = script.welcome().await;
    assert_eq!(peer.publish().await.0[1], "hello");
    let mut burst = String::new();
    for number in 0..100 {
        burst.push_str(&format!("MSG echo {echo} r.{number} 1\r\nx\r\n"));
    }
    peer.send(&burst).await;
    for number in 0..100 {
        assert_eq!(peer.publish().await.0[1], format!("r.{number}"));
    }
    drop(connection);
    assert_eq!(
        peer.line().await,
        "PING",
        "the weak handle keeps nothing open"
    );
}

#[tokio::test]
async fn a_connection_on_a_thread_of_its_own_serves_callers_elsewhere() {
    let script = Script::start().await;
    let options = script.options();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let connection = Connection::open(options, recorder().0);
            sender.send(connection.clone()).unwrap();
            connection.ready().await;
            connection.request("stop", None, b"", LONG).await.unwrap();
            // The runtime ends here, and the connection's task with it.
        });
    });
    let connection = within("the handle", receiver).await.unwrap();
    let (mut peer, _) = script.welcome().await;
    within("ready", connection.ready()).await;
    let (mut stop, mut mine) = (peer.publish().await.0, None);
    let request = {
        let connection = connection.clone();
        tokio::spawn(async move { connection.request("mine", None, b"", LONG).await })
    };
    mine.replace(peer.request().await);
    peer.reply(&mine.unwrap(), "yours").await;
    let reply = within("the reply", request).await.unwrap().unwrap();
    assert_eq!(&reply.payload[..], b"yours");

    let orphan = {
        let connection = connection.clone();
        tokio::spawn(async move { connection.request("orphan", None, b"", LONG).await })
    };
    peer.request().await;
    peer.reply(&stop.remove(2), "").await;
    let orphan = within("the orphan", orphan).await.unwrap();
    assert_eq!(orphan, Err(RequestError::ConnectionLost));
    thread.join().unwrap();
    let refused = connection.publish("a", None, None, b"");
    assert_eq!(refused, Err(PublishError::Closed));
}

/// Panics on the first message.
struct Fragile;

impl Subscriber for Fragile {
    fn on_message(&mut self, _message: Delivery<'_>) {
        panic!("on purpose");
    }
}

#[tokio::test]
async fn a_panic_of_the_subscriber_closes_and_strands_nobody() {
    let script = Script::start().await;
    let connection = Connection::open(script.options(), Fragile);
    connection.subscribe("a", None).unwrap();
    let (mut peer, _) = script.welcome().await;
    within("ready", connection.ready()).await;
    let request = {
        let connection = connection.clone();
        tokio::spawn(async move { connection.request("svc", None, b"", LONG).await })
    };
    peer.request().await;
    peer.send("MSG a 2 0\r\n\r\n").await;
    let ended = within("the end", request).await.unwrap();
    assert_eq!(ended, Err(RequestError::ConnectionLost));
    within("the close", connection.close()).await;
}
