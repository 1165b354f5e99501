//! A server that goes and comes back.

use aegis_bus::{
    ConnectOptions, Connection, FlushError, PENDING_BYTES, PublishError, RequestError,
};
use aegis_testkit::NatsServer;

use crate::listener::{LONG, Story, open, options, talk, within};

#[tokio::test]
async fn after_a_restart_subscriptions_are_back_and_stale_messages_are_not() {
    let Some(mut server) = NatsServer::start("") else {
        return;
    };
    let (connection, mut story) = open(options(&server));
    connection.subscribe("a.*", None).unwrap();
    within("the connection", connection.established())
        .await
        .unwrap();
    assert_eq!(story.next().await, "ready first=true");
    connection.subscribe("b", None).unwrap();
    let before = connection.server_info().unwrap();
    server.crash();
    assert_eq!(story.next().await, "lost");
    assert_eq!(connection.server_info(), None);
    let refused = connection.publish("a.stale", None, None, b"");
    assert_eq!(refused, Err(PublishError::NotConnected));
    let refused = connection.request("a.stale", None, b"", LONG).await;
    assert_eq!(
        refused,
        Err(RequestError::NotSent(PublishError::NotConnected))
    );
    let refused = connection.flush(LONG).await;
    assert_eq!(refused, Err(FlushError::NotConnected));
    server.restart();
    story.until("ready first=false").await;
    assert_ne!(
        connection.server_info().unwrap().server_id,
        before.server_id
    );
    let other = talk(options(&server)).await;
    for subject in ["a.fresh", "b"] {
        other.publish(subject, None, None, b"1").unwrap();
        assert_eq!(story.next().await, format!("{subject} 1"));
    }
}

/// A server that reads nothing, until what waits in us is as much as may: how many it took.
async fn fill(server: &NatsServer, connection: &Connection, story: &mut Story) -> usize {
    within("the connection", connection.established())
        .await
        .unwrap();
    assert_eq!(story.next().await, "ready first=true");
    connection.subscribe("n", None).unwrap();
    connection.flush(LONG).await.unwrap();
    server.process().pause();
    let full = PublishError::Overloaded {
        limit: PENDING_BYTES,
        max: FEW,
    };
    // The task moves bytes on to the kernel: full is when that ends.
    let (mut taken, mut refused) = (0, 0);
    while refused < 100 {
        match connection.publish("n", None, None, body(taken).as_bytes()) {
            Ok(()) => (taken, refused) = (taken + 1, 0),
            Err(error) => {
                assert_eq!(error, full);
                refused += 1;
            }
        }
        tokio::task::yield_now().await;
    }
    taken
}

/// Bytes that may wait in these tests.
const FEW: usize = 256 * 1024;

fn body(number: usize) -> String {
    format!("{number} {}", "x".repeat(10_000))
}

/// A full queue refuses, and what it took arrives in order, without anything else having to be sent.
pub(crate) async fn fills_and_drains(server: &NatsServer, options: ConnectOptions) {
    let (connection, mut story) = open(ConnectOptions {
        max_pending_bytes: FEW,
        ..options
    });
    let taken = fill(server, &connection, &mut story).await;
    server.process().resume();
    for number in 0..taken {
        let heard = story.next().await;
        assert!(
            heard == format!("n {}", body(number)),
            "message {number} of {taken}"
        );
    }
    connection.publish("n", None, None, b"last").unwrap();
    assert_eq!(story.next().await, "n last", "and nothing else came");
    // And where writing stops at any other place, in the kernel's buffers or between them and us.
    for fewer in 0..taken.min(80) {
        server.process().pause();
        let mut waiting = 0;
        while waiting < taken - fewer
            && connection
                .publish("n", None, None, body(waiting).as_bytes())
                .is_ok()
        {
            waiting += 1;
            tokio::task::yield_now().await;
        }
        server.process().resume();
        for number in 0..waiting {
            let heard = story.next().await;
            assert!(
                heard == format!("n {}", body(number)),
                "{number} of {waiting}"
            );
        }
    }
}

#[tokio::test]
async fn a_full_queue_refuses_and_what_it_took_arrives() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    fills_and_drains(&server, options(&server)).await;
}

#[tokio::test]
async fn what_waited_when_the_server_died_is_never_sent() {
    let Some(mut server) = NatsServer::start("") else {
        return;
    };
    let (connection, mut story) = open(ConnectOptions {
        max_pending_bytes: FEW,
        ..options(&server)
    });
    fill(&server, &connection, &mut story).await;
    server.restart();
    story.until("ready first=false").await;
    connection.publish("n", None, None, b"fresh").unwrap();
    assert_eq!(
        story.next().await,
        "n fresh",
        "nothing stale came before it"
    );
}
