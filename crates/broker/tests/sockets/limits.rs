//! Each limit one below, at and one above, over real sockets, with a bystander who must not notice.

use crate::raw::{QUIET, RawClient, broker, broker_with, wait_for};
use aegis_nats::codec::Limits;
use aegis_nats::switch::{NoLocalPeer, SwitchConfig, SwitchLimits};

fn limited(limits: SwitchLimits) -> SwitchConfig {
    SwitchConfig {
        limits,
        ..SwitchConfig::default()
    }
}

#[test]
fn control_line() {
    let broker = broker();
    let address = broker.addresses()[0];
    let limit = Limits::default().max_control_line;
    for (len, is_kept) in [(limit - 1, true), (limit, true), (limit + 1, false)] {
        let mut client = RawClient::quiet(address);
        client.send(format!("SUB {} 1\r\n", "a".repeat(len - "SUB  1".len())));
        if is_kept {
            client.assert_alive();
        } else {
            client.expect("-ERR 'maximum control line exceeded'");
            client.assert_closed();
        }
    }
    // A line that never ends is cut as soon as it is too long, not when it ends.
    let mut endless = RawClient::quiet(address);
    endless.send(format!("SUB {}", "a".repeat(limit)));
    endless.expect("-ERR 'maximum control line exceeded'");
}

#[test]
fn payload() {
    let max_payload = 1000;
    let broker = broker_with(
        limited(SwitchLimits {
            protocol: Limits {
                max_payload,
                ..Limits::default()
            },
            ..SwitchLimits::default()
        }),
        NoLocalPeer::default(),
    );
    let address = broker.addresses()[0];
    for (len, is_kept) in [
        (max_payload - 1, true),
        (max_payload, true),
        (max_payload + 1, false),
    ] {
        let mut client = RawClient::quiet(address);
        client.send("SUB a 1\r\n");
        client.send(format!("PUB a {len}\r\n"));
        if is_kept {
            client.send(format!("{}\r\n", "x".repeat(len)));
            assert_eq!(client.message().1.len(), len);
            client.assert_alive();
        } else {
            // Said before the payload is even sent.
            client.expect("-ERR 'Maximum Payload Violation'");
            client.assert_closed();
        }
    }
}

#[test]
fn subscriptions() {
    let max_subscriptions = 10;
    let limits = SwitchLimits {
        max_subscriptions,
        ..SwitchLimits::default()
    };
    let broker = broker_with(limited(limits), NoLocalPeer::default());
    let mut client = RawClient::quiet(broker.addresses()[0]);
    for sid in 1..=max_subscriptions {
        client.send(format!("SUB a.{sid} {sid}\r\n"));
        client.assert_alive();
    }
    client.send("SUB a.x x\r\n");
    client.expect("-ERR 'maximum subscriptions exceeded'");
    client.assert_alive();
    client.send("UNSUB 1\r\nSUB a.x x\r\nPUB a.x 0\r\n\r\n");
    assert_eq!(client.message().0, "MSG a.x x 0");
}

#[test]
fn connections() {
    let limits = SwitchLimits {
        max_connections: 2,
        ..SwitchLimits::default()
    };
    let broker = broker_with(limited(limits), NoLocalPeer::default());
    let address = broker.addresses()[0];
    let first = RawClient::quiet(address);
    let mut second = RawClient::quiet(address);
    let socket = std::net::TcpStream::connect(address).unwrap();
    let mut refused = RawClient {
        reader: std::io::BufReader::new(socket),
    };
    refused.expect("-ERR 'maximum connections exceeded'");
    refused.assert_closed();
    second.assert_alive();
    drop(first);
    wait_for("the place to become free", || {
        broker.status().look().connections == 1
    });
    RawClient::quiet(address);
}

#[test]
fn a_slow_consumer_is_cut_and_nobody_else_notices() {
    let limits = SwitchLimits {
        max_pending: 2 * 1024 * 1024,
        ..SwitchLimits::default()
    };
    let broker = broker_with(limited(limits), NoLocalPeer::default());
    let address = broker.addresses()[0];
    let (mut slow, mut healthy) = (RawClient::quiet(address), RawClient::quiet(address));
    let mut from = RawClient::quiet(address);
    for client in [&mut slow, &mut healthy] {
        client.send("SUB a 1\r\n");
        client.assert_alive();
    }
    let body = "x".repeat(100_000);
    let mut sent = 0;
    // Each message is read by the healthy one before the next is sent.
    while broker.status().look().counters.slow_consumers == 0 {
        assert!(sent < 10_000, "never cut");
        from.send(format!("PUB a {}\r\n{body}\r\n", body.len()));
        assert_eq!(healthy.message().1, body);
        sent += 1;
    }
    wait_for("the slow one to be gone", || {
        broker.status().look().connections == 2
    });
    // What was written before still arrives, then it ends, maybe in the middle of a message.
    let mut left = Vec::new();
    let _reset = std::io::Read::read_to_end(&mut slow.reader, &mut left);
    assert!(left.starts_with(b"MSG a 1 100000\r\n"));
    assert!(left.len() < sent * body.len());
    healthy.assert_alive();
    from.assert_alive();
    assert_eq!(broker.status().look().counters.slow_consumers, 1);
}

#[test]
fn silence_is_pinged_and_cut() {
    let switch = SwitchConfig {
        ping_interval: std::time::Duration::from_millis(100),
        ..SwitchConfig::default()
    };
    let broker = broker_with(switch, NoLocalPeer::default());
    let address = broker.addresses()[0];
    let mut silent = RawClient::quiet(address);
    let mut polite = RawClient::quiet(address);
    let polite = std::thread::spawn(move || {
        for _ in 0..5 {
            polite.expect("PING");
            polite.send("PONG\r\n");
        }
        polite.assert_alive();
    });
    for expected in ["PING", "PING", "-ERR 'Stale Connection'"] {
        silent.expect(expected);
    }
    silent.assert_closed();
    polite.join().unwrap();
    assert_eq!(broker.status().look().counters.stale_connections, 1);
}

#[test]
fn connect_has_to_come_in_time() {
    let switch = SwitchConfig {
        connect_timeout: std::time::Duration::from_millis(50),
        ..SwitchConfig::default()
    };
    let broker = broker_with(switch, NoLocalPeer::default());
    let mut client = RawClient::silent(broker.addresses()[0]);
    client.expect("-ERR 'Authentication Timeout'");
    client.assert_closed();
}

#[test]
fn garbage_harms_only_its_sender() {
    let broker = broker();
    let address = broker.addresses()[0];
    let mut bystander = RawClient::connect(address, QUIET);
    let mut noise: u64 = 1;
    for _ in 0..50 {
        let mut client = RawClient::silent(address);
        let bytes: Vec<u8> = (0..2000)
            .map(|_| {
                noise = noise
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (noise >> 33) as u8
            })
            .collect();
        client.send(bytes);
        client.expect("-ERR 'Unknown Protocol Operation'");
        bystander.assert_alive();
    }
    wait_for("all of them to be gone", || {
        broker.status().look().connections == 1
    });
}
