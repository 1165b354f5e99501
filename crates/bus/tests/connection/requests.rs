//! Requests: every way they end, and that none leaves anything behind.

use std::time::Duration;

use crate::scripted::{LONG, Script, until, within};
use aegis_bus::{PublishError, REQUESTS, RequestError};

#[tokio::test]
async fn a_reply_meets_its_request() {
    let script = Script::start().await;
    let (connection, mut peer, _story) = script.connected().await;
    let block = b"NATS/1.0\r\na: b\r\n\r\n";
    let request = connection.request("svc", None, b"hello", LONG);
    let serve = async {
        let (words, body) = peer.publish().await;
        assert_eq!((words[1].as_str(), body.as_str()), ("svc", "hello"));
        assert!(words[2].starts_with("_INBOX."));
        let reply = format!(
            "HMSG {} 1 {} {}\r\n",
            words[2],
            block.len(),
            block.len() + 2
        );
        peer.send(&reply).await;
        peer.send_bytes(block).await;
        peer.send("hi\r\n").await;
    };
    let (reply, ()) = within("the reply", async { tokio::join!(request, serve) }).await;
    let reply = reply.unwrap();
    assert_eq!(reply.headers.as_deref(), Some(&block[..]));
    assert_eq!(&reply.payload[..], b"hi");
    assert_eq!(connection.requests_in_flight(), 0);
}

#[tokio::test]
async fn nobody_listening_is_said_at_once() {
    let script = Script::start().await;
    let (connection, mut peer, _story) = script.connected().await;
    let request = connection.request("svc", None, b"", LONG);
    let serve = async {
        let inbox = peer.request().await;
        peer.send(&format!("HMSG {inbox} 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n"))
            .await;
    };
    let (reply, ()) = within("the refusal", async { tokio::join!(request, serve) }).await;
    assert_eq!(reply, Err(RequestError::NoResponders));
    assert_eq!(connection.requests_in_flight(), 0);
}

#[tokio::test]
async fn a_lost_connection_fails_requests_at_once() {
    let script = Script::start().await;
    let (connection, mut peer, mut story) = script.connected().await;
    let requests: Vec<_> = (0..10)
        .map(|_| {
            let connection = connection.clone();
            tokio::spawn(async move { connection.request("svc", None, b"", LONG).await })
        })
        .collect();
    for _ in 0..10 {
        peer.request().await;
    }
    assert_eq!(connection.requests_in_flight(), 10);
    drop(peer);
    for request in requests {
        let ended = within("the failure", request).await.unwrap();
        assert_eq!(ended, Err(RequestError::ConnectionLost));
    }
    assert_eq!(connection.requests_in_flight(), 0);
    assert_eq!(story.next().await, "lost");
}

#[tokio::test]
async fn a_hundred_requests_at_once_get_their_own_replies() {
    let script = Script::start().await;
    let (connection, mut peer, _story) = script.connected().await;
    let requests: Vec<_> = (0..100)
        .map(|number: u32| {
            let connection = connection.clone();
            tokio::spawn(async move {
                let body = number.to_string();
                let reply = connection.request("svc", None, body.as_bytes(), LONG);
                assert_eq!(reply.await.unwrap().payload, body.as_bytes());
            })
        })
        .collect();
    let mut open = Vec::new();
    for _ in 0..100 {
        let (words, body) = peer.publish().await;
        open.push((words[2].clone(), body));
    }
    for (inbox, body) in open.iter().rev() {
        peer.reply(inbox, body).await;
    }
    for request in requests {
        within("a reply", request).await.unwrap();
    }
    assert_eq!(connection.requests_in_flight(), 0);
}

#[tokio::test]
async fn given_up_requests_leave_nothing_and_late_replies_nobody() {
    let script = Script::start().await;
    let (connection, mut peer, mut story) = script.connected().await;
    let timed_out = connection.request("svc", None, b"", Duration::from_millis(1));
    let timed_out = within("the timeout", timed_out).await;
    assert_eq!(timed_out, Err(RequestError::TimedOut));
    assert_eq!(connection.requests_in_flight(), 0);

    let dropped = {
        let connection = connection.clone();
        tokio::spawn(async move { connection.request("svc", None, b"", LONG).await })
    };
    until("the request", || connection.requests_in_flight() == 1).await;
    dropped.abort();
    until("its end", || connection.requests_in_flight() == 0).await;

    let (late, later) = (peer.request().await, peer.request().await);
    for inbox in [late.as_str(), &later, "_INBOX.x.1", "_INBOX", "é"] {
        peer.reply(inbox, "late").await;
    }
    connection.subscribe("a", None).unwrap();
    peer.send("MSG a 2 1\r\nx\r\n").await;
    assert_eq!(story.next().await, "2 a x", "the connection is unharmed");
}

#[tokio::test]
async fn requests_in_flight_are_bounded() {
    let script = Script::start().await;
    let mut options = script.options();
    options.max_requests = 1;
    let (recorder, _story) = crate::scripted::recorder();
    let connection = aegis_bus::Connection::open(options, recorder);
    let (mut peer, _) = script.welcome().await;
    within("ready", connection.ready()).await;
    let first = {
        let connection = connection.clone();
        tokio::spawn(async move { connection.request("svc", None, b"", LONG).await })
    };
    let inbox = peer.request().await;
    let refused = connection.request("svc", None, b"", LONG).await;
    let (limit, max) = (REQUESTS, 1);
    let overloaded = PublishError::Overloaded { limit, max };
    assert_eq!(refused, Err(RequestError::NotSent(overloaded)));
    peer.reply(&inbox, "").await;
    within("the reply", first).await.unwrap().unwrap();
}
