//! Who gets which message, and in which order.

use std::net::SocketAddr;

use super::Brokers;
use super::rows::Answer::Keeps;
use super::rows::{Row, same};
use crate::raw::{QUIET, RawClient};

const HEADERS: &str = "NATS/1.0\r\nk: v\r\n\r\n";

#[test]
fn one_client_hears_itself() {
    let rows: &[Row] = &[
        same(b"SUB a 1\r\nPUB a 2\r\nhi\r\n", Keeps("MSG a 1 2|hi")),
        same(b"SUB a 1\r\nPUB a r 2\r\nhi\r\n", Keeps("MSG a 1 r 2|hi")),
        same(b"SUB a 1\r\nPUB a 0\r\n\r\n", Keeps("MSG a 1 0|")),
        same(
            b"SUB a 1\r\nHPUB a 18 20\r\nNATS/1.0\r\nk: v\r\n\r\nhi\r\n",
            Keeps("HMSG a 1 18 20|NATS/1.0|k: v||hi"),
        ),
        same(
            b"SUB a 1\r\nHPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n",
            Keeps("HMSG a 1 r 12 12|NATS/1.0||"),
        ),
        // Nobody can answer, so nobody waits.
        same(
            b"SUB i.* 9\r\nPUB gone i.1 2\r\nhi\r\n",
            Keeps("HMSG i.1 9 36 36|NATS/1.0 503|Nats-Subject: gone||"),
        ),
        same(
            b"SUB i.* 9\r\nSUB here 1\r\nPUB here i.1 0\r\n\r\n",
            Keeps("MSG here 1 i.1 0|"),
        ),
        // A subscription ends after its maximum, also one that is over already.
        same(
            b"SUB a 1\r\nUNSUB 1 2\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n",
            Keeps("MSG a 1 1|1|MSG a 1 1|2"),
        ),
        same(
            b"SUB a 1\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nUNSUB 1 2\r\nPUB a 1\r\n3\r\n",
            Keeps("MSG a 1 1|1|MSG a 1 1|2"),
        ),
        same(b"SUB a 1\r\nUNSUB 1\r\nPUB a 1\r\nx\r\n", Keeps("")),
        // Wildcards.
        same(
            b"SUB a.*.c 1\r\nPUB a.b.c 0\r\n\r\nPUB a.c 0\r\n\r\nPUB a.b.c.d 0\r\n\r\n",
            Keeps("MSG a.b.c 1 0|"),
        ),
        same(
            b"SUB a.> 1\r\nPUB a 0\r\n\r\nPUB a.b 0\r\n\r\nPUB a.b.c 0\r\n\r\n",
            Keeps("MSG a.b 1 0||MSG a.b.c 1 0|"),
        ),
        same(b"SUB a*.b 1\r\nPUB ax.b 0\r\n\r\n", Keeps("")),
        same(b"SUB A 1\r\nPUB a 0\r\n\r\n", Keeps("")),
    ];
    Brokers::start().check(&format!("CONNECT {QUIET}\r\n"), rows);
}

#[test]
fn of_a_queue_group_exactly_one_gets_each_message_and_all_others_do_too() {
    const MESSAGES: usize = 200;
    Brokers::each(|address| {
        let mut members = [0; 3].map(|_| RawClient::quiet(address));
        let mut plain = RawClient::quiet(address);
        let mut other_group = RawClient::quiet(address);
        for member in &mut members {
            member.send("SUB work.* q 1\r\n");
            member.assert_alive();
        }
        plain.send("SUB work.> 1\r\n");
        plain.assert_alive();
        other_group.send("SUB work.* p 1\r\n");
        other_group.assert_alive();
        let mut from = RawClient::quiet(address);
        for number in 0..MESSAGES {
            let body = number.to_string();
            from.send(format!("PUB work.x {}\r\n{body}\r\n", body.len()));
        }
        from.assert_alive();
        for everyone in [&mut plain, &mut other_group] {
            for number in 0..MESSAGES {
                assert_eq!(everyone.message().1, number.to_string());
            }
        }
        let mut shares = Vec::new();
        for member in &mut members {
            let share = received(member);
            assert!(share.is_sorted(), "in order: {share:?}");
            assert!(!share.is_empty(), "each has its share");
            shares.extend(share);
        }
        shares.sort_unstable();
        assert_eq!(shares, (0..MESSAGES).collect::<Vec<_>>());
    });
}

/// The numbers a client received up to now.
fn received(client: &mut RawClient) -> Vec<usize> {
    client.send("PING\r\n");
    let mut numbers = Vec::new();
    loop {
        let line = client.line().unwrap();
        if line == "PONG" {
            return numbers;
        }
        numbers.push(client.line().unwrap().parse().unwrap());
    }
}

#[test]
fn without_echo_only_others_hear() {
    Brokers::each(|address| {
        let silent = r#"{"verbose":false,"echo":false}"#;
        let mut from = RawClient::connect(address, silent);
        let mut other = RawClient::quiet(address);
        for client in [&mut from, &mut other] {
            client.send("SUB a 1\r\n");
            client.assert_alive();
        }
        from.send("PUB a 2\r\nhi\r\n");
        from.assert_alive();
        assert_eq!(other.message(), ("MSG a 1 2".into(), "hi".into()));
    });
}

#[test]
fn headers_reach_those_who_understand_them() {
    Brokers::each(|address: SocketAddr| {
        let mut modern = RawClient::quiet(address);
        let mut old = RawClient::connect(address, r#"{"verbose":false}"#);
        for client in [&mut modern, &mut old] {
            client.send("SUB a 1\r\n");
            client.assert_alive();
        }
        let mut from = RawClient::quiet(address);
        let (length, total) = (HEADERS.len(), HEADERS.len() + 2);
        from.send(format!("HPUB a {length} {total}\r\n{HEADERS}hi\r\n"));
        let expected = (format!("HMSG a 1 {length} {total}"), format!("{HEADERS}hi"));
        assert_eq!(modern.message(), expected);
        // To the others the message comes without them.
        assert_eq!(old.message(), ("MSG a 1 2".into(), "hi".into()));
    });
}

#[test]
fn messages_of_one_connection_arrive_in_order() {
    Brokers::each(|address| {
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
    });
}

/// Nothing of what is refused reaches anybody, and nobody else is harmed by whoever is cut.
#[test]
fn others_do_not_notice() {
    Brokers::each(|address| {
        let mut bystander = RawClient::quiet(address);
        bystander.send("SUB > 1\r\n");
        bystander.assert_alive();
        for sent in [
            "NOPE\r\n",
            "PUB a 2\r\nhello\r\n",
            "PUB a -2\r\n",
            "SUB a..b 1\r\n",
        ] {
            let mut client = RawClient::quiet(address);
            client.send(sent);
            client.line();
            bystander.assert_alive();
        }
    });
}

#[test]
fn every_loopback_address_works() {
    let broker = crate::raw::broker();
    for address in broker.addresses() {
        let mut client = RawClient::silent(*address);
        client.send("SUB a 1\r\nPUB a 2\r\nhi\r\n");
        client.expect("+OK");
        client.expect("+OK");
        assert_eq!(client.message(), ("MSG a 1 2".into(), "hi".into()));
    }
}
