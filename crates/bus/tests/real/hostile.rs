//! What any publisher may send through a real server costs nobody else anything.

use std::io::{Read, Write};
use std::net::TcpStream;

use aegis_testkit::NatsServer;

use crate::listener::{LONG, open, options, within};

/// Header blocks that no client library makes, and nats-server passes on.
const JUNK: &[&[u8]] = &[
    b"junk\r\n\r\n",
    b"NATS/1.0\r\nno colon\r\n\r\n",
    b"NATS/1.0\r\n\xff\xfe: \x80\r\n\r\n",
    b"NATS/1.0\r\n: no name\r\n\r\n",
    b"NATS/1.0 9999999999\r\n\r\n",
    b"NATS/1.0 503 \xff\r\n\r\n",
    b"\xff",
    b"\r\n\r\n",
    b"NATS/1.0",
    b"\0\0\0\0",
];

/// A publisher that speaks the protocol byte by byte.
fn raw(server: &NatsServer) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream
        .write_all(b"CONNECT {\"verbose\":false,\"headers\":true,\"pedantic\":false}\r\n")
        .unwrap();
    stream
}

fn publish(stream: &mut TcpStream, subject: &[u8], headers: &[u8], body: &[u8]) {
    let (header, total) = (headers.len(), headers.len() + body.len());
    stream.write_all(b"HPUB ").unwrap();
    stream.write_all(subject).unwrap();
    stream
        .write_all(format!(" {header} {total}\r\n").as_bytes())
        .unwrap();
    stream.write_all(headers).unwrap();
    stream.write_all(body).unwrap();
    stream.write_all(b"\r\n").unwrap();
}

/// Everything sent before was read.
fn settle(stream: &mut TcpStream) {
    stream.write_all(b"PING\r\n").unwrap();
    let mut said = Vec::new();
    let mut chunk = [0; 4096];
    while !said.ends_with(b"PONG\r\n") {
        let count = stream.read(&mut chunk).unwrap();
        assert!(
            count > 0,
            "the server went away: {}",
            String::from_utf8_lossy(&said)
        );
        said.extend_from_slice(&chunk[..count]);
    }
}

#[tokio::test]
async fn junk_headers_cost_nobody_else_a_message() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let (connection, mut story) = open(options(&server));
    connection.subscribe("s.*", None).unwrap();
    within("the connection", connection.established())
        .await
        .unwrap();
    assert_eq!(story.next().await, "ready first=true");
    let mut publisher = raw(&server);
    for (number, junk) in JUNK.iter().enumerate() {
        publish(&mut publisher, b"s.junk", junk, b"x");
        publish(&mut publisher, b"s.\xff\xfe", b"NATS/1.0\r\n\r\n", b"x");
        publish(
            &mut publisher,
            b"s.good",
            b"NATS/1.0\r\n\r\n",
            number.to_string().as_bytes(),
        );
        settle(&mut publisher);
        // Junk may be told too, never instead.
        story.until(&format!("s.good {number}")).await;
    }
    assert!(connection.is_connected());
    // Each subject that is no UTF-8 is skipped and counted. Junk header blocks are told, as they came.
    let skipped = connection.messages_refused();
    assert_eq!(skipped, JUNK.len() as u64);
}

#[tokio::test]
async fn junk_to_an_inbox_answers_only_the_request_it_names() {
    let Some(server) = NatsServer::start("") else {
        return;
    };
    let (connection, mut story) = open(options(&server));
    within("the connection", connection.established())
        .await
        .unwrap();
    assert_eq!(story.next().await, "ready first=true");
    let mut service = raw(&server);
    service.write_all(b"SUB ask 1\r\n").unwrap();
    settle(&mut service);
    let answer = std::thread::spawn(move || {
        let mut heard = Vec::new();
        let mut chunk = [0; 4096];
        let reply = loop {
            let count = service.read(&mut chunk).unwrap();
            heard.extend_from_slice(&chunk[..count]);
            let text = String::from_utf8_lossy(&heard).into_owned();
            if let Some(line) = text.lines().find(|line| line.starts_with("MSG ask")) {
                break line.split(' ').nth(3).unwrap().to_owned();
            }
        };
        let (inbox, _) = reply.rsplit_once('.').unwrap();
        for last in ["0", "99999999999999999999", "-1", "x", "1e9"] {
            for junk in JUNK {
                publish(
                    &mut service,
                    format!("{inbox}.{last}").as_bytes(),
                    junk,
                    b"forged",
                );
            }
        }
        publish(
            &mut service,
            reply.as_bytes(),
            b"NATS/1.0\r\n\r\n",
            b"answer",
        );
        settle(&mut service);
    });
    let reply = within("the answer", connection.request("ask", None, b"?", LONG)).await;
    assert_eq!(reply.unwrap().payload, "answer");
    tokio::task::spawn_blocking(|| answer.join().unwrap())
        .await
        .unwrap();
    assert!(connection.is_connected());
}
