//! The wire contract of the broker over real sockets: what nats-server 2.15 answers, and the places
//! where ours is stricter. That a connection is kept is proven by a `PING` that is answered.

use crate::raw::{RawClient, broker};

/// A row: what is sent, the text of the `-ERR`, whether the connection is kept.
const ROWS: &[(&[u8], &str, bool)] = &[
    (b"NOPE\r\n", "Unknown Protocol Operation", false),
    (b"GET / HTTP/1.1\r\n", "Unknown Protocol Operation", false),
    (b"PUB a 2\r\nhello\r\n", "Unknown Protocol Operation", false),
    (
        b"PUB a 2\r\nhi\nPING\r\n",
        "Unknown Protocol Operation",
        false,
    ),
    (b"PUB a -2\r\n", "Parser Error", false),
    (b"PUB a 12345678901234567890\r\n", "Parser Error", false),
    (b"HPUB a 14 12\r\n", "Parser Error", false),
    (b"CONNECT {\r\n", "Parser Error", false),
    (b"SUB a.>.b 1\r\n", "Invalid Subject", true),
    (b"SUB a..b 1\r\n", "Invalid Subject", true),
    (b"SUB a\0b 1\r\n", "Invalid Subject", true),
    (b"SUB a\xff 1\r\n", "Invalid Subject", true),
    (b"PUB a.* 2\r\nhi\r\n", "Invalid Publish Subject", true),
    (b"PUB a.> 2\r\nhi\r\n", "Invalid Publish Subject", true),
    (b"PUB a\0b 2\r\nhi\r\n", "Invalid Publish Subject", true),
    (b"PUB a\xff 2\r\nhi\r\n", "Invalid Publish Subject", true),
    (b"PUB a r.* 2\r\nhi\r\n", "Invalid Reply Subject", true),
    (b"HPUB a 4 6\r\nJUNKhi\r\n", "Invalid Message Headers", true),
    (
        b"HPUB a 12 14\r\nNATS/1.0\r\nxxhi\r\n",
        "Invalid Message Headers",
        true,
    ),
];

#[test]
fn errors_have_their_text_and_keep_or_close() {
    let broker = broker();
    let address = broker.addresses()[0];
    let mut bystander = RawClient::quiet(address);
    bystander.send("SUB > 1\r\n");
    bystander.assert_alive();
    for (sent, text, is_kept) in ROWS {
        let mut client = RawClient::quiet(address);
        client.send(sent);
        client.expect(&format!("-ERR '{text}'"));
        if *is_kept {
            client.assert_alive();
        } else {
            client.assert_closed();
        }
        // Nothing of it reached anybody, and nobody else is harmed.
        bystander.assert_alive();
    }
    broker.stop().unwrap();
}

#[test]
fn every_loopback_address_and_both_connect_orders_work() {
    let broker = broker();
    for address in broker.addresses() {
        let mut client = RawClient::silent(*address);
        // As with a nats-server without authentication, work may begin before CONNECT; the default
        // is verbose.
        client.send("SUB a 1\r\nPUB a 2\r\nhi\r\n");
        client.expect("+OK");
        client.expect("+OK");
        assert_eq!(client.message(), ("MSG a 1 2".into(), "hi".into()));
        client.send("CONNECT {}\r\n");
        client.expect("+OK");
        client.assert_alive();
    }
}

#[test]
fn verbose_answers_each_act() {
    let broker = broker();
    let mut client = RawClient::connect(broker.addresses()[0], "{}");
    client.send("SUB a 1\r\nPUB b 0\r\n\r\nUNSUB 1\r\nPING\r\n");
    for expected in ["+OK", "+OK", "+OK", "PONG"] {
        client.expect(expected);
    }
}

#[test]
fn a_request_that_reaches_nobody_gets_503_at_once() {
    let broker = broker();
    let mut client = RawClient::quiet(broker.addresses()[0]);
    client.send("SUB _INBOX.x.* 9\r\nPUB gone _INBOX.x.1 2\r\nhi\r\n");
    let (line, block) = client.message();
    assert_eq!(line, "HMSG _INBOX.x.1 9 36 36");
    assert_eq!(block, "NATS/1.0 503\r\nNats-Subject: gone\r\n\r\n");
}

#[test]
fn messages_of_one_connection_arrive_in_order() {
    let broker = broker();
    let address = broker.addresses()[0];
    let (mut from, mut to) = (RawClient::quiet(address), RawClient::quiet(address));
    to.send("SUB a.* 1\r\n");
    to.assert_alive();
    let mut sent = String::new();
    for number in 0..5000 {
        let body = number.to_string();
        sent += &format!("PUB a.{} {}\r\n{body}\r\n", number % 3, body.len());
    }
    from.send(sent);
    for number in 0..5000 {
        assert_eq!(to.message().1, number.to_string());
    }
}
