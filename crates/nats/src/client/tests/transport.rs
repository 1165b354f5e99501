//! TLS, logins, other servers, and brokers that send their clients away.

use std::time::Duration;

use super::{Host, T0};
use crate::client::{DropReason, LinkOptions, Login, Step, TlsUse};

const ASKS: &[u8] =
    b"INFO {\"headers\":true,\"auth_required\":true,\"tls_required\":true,\"nonce\":\"n0nce\"}\r\n";
const PLAIN: &[u8] = b"INFO {\"headers\":true}\r\n";
const LEAVES: &[u8] = b"INFO {\"headers\":true,\"ldm\":true,\"connect_urls\":[\"b:1\"]}\r\n";

fn host(options: LinkOptions) -> Host {
    let mut host = Host::new(options, 1);
    host.dial();
    host.link.connected();
    host
}

fn with_tls(tls: TlsUse) -> LinkOptions {
    LinkOptions {
        tls,
        ..LinkOptions::default()
    }
}

fn over(servers: &[&str]) -> Host {
    let mut host = Host::new(LinkOptions::default(), 1);
    let servers = servers.iter().map(|name| Box::from(*name)).collect();
    host.link = crate::client::Link::over(LinkOptions::default(), servers);
    host
}

fn address(host: &Host, index: usize) -> String {
    host.link.server(index).unwrap().to_owned()
}

#[test]
fn tls_comes_before_the_login_and_the_login_before_anything_else() {
    let mut host = host(LinkOptions {
        has_login: true,
        ..with_tls(TlsUse::IfRequired)
    });
    host.link.subscribe("a", None).unwrap();
    assert_eq!(host.feed(ASKS), ["Secure"]);
    assert_eq!(host.written(), "", "not one byte before the handshake");
    let asked = host.link.secured().unwrap();
    assert_eq!(format!("{asked:?}"), "Identify");
    assert_eq!(host.written(), "");
    let nonce = host.link.server_info().unwrap().nonce.clone();
    let login = Login {
        sig: nonce.map(|nonce| format!("signed {nonce}")),
        ..Login::default()
    };
    host.link.identify(&login);
    let written = host.written();
    assert!(written.contains("\"tls_required\":true"), "{written}");
    assert!(written.contains("\"sig\":\"signed n0nce\""), "{written}");
    assert!(written.ends_with("SUB a 1\r\nPING\r\n"), "{written}");
    assert_eq!(host.feed(b"PONG\r\n"), ["ready first=true"]);
}

#[test]
fn tls_first_needs_no_greeting_and_is_not_done_twice() {
    let mut host = host(with_tls(TlsUse::First));
    assert_eq!(host.link.secured(), None);
    let greeting = b"INFO {\"headers\":true,\"tls_required\":true}\r\n";
    assert_eq!(host.feed(greeting), [""; 0]);
    assert!(host.written().starts_with("CONNECT "));
}

#[test]
fn who_insists_on_tls_says_nothing_to_a_broker_without() {
    let mut host = host(with_tls(TlsUse::Always));
    assert_eq!(host.feed(PLAIN), ["Drop(TlsUnavailable)"]);
    assert_eq!(host.written(), "");
}

#[test]
fn tls_that_is_offered_is_taken_only_if_asked_for() {
    let offers = b"INFO {\"headers\":true,\"tls_available\":true}\r\n";
    assert_eq!(host(with_tls(TlsUse::Always)).feed(offers), ["Secure"]);
    assert_eq!(host(with_tls(TlsUse::IfRequired)).feed(offers), [""; 0]);
}

#[test]
fn a_handshake_that_takes_too_long_is_given_up() {
    let mut host = host(with_tls(TlsUse::Always));
    host.feed(ASKS);
    assert_eq!(host.at(2), Some(DropReason::ConnectTimeout));
    assert!(!host.lose().was_ready);
    assert!(!host.link.is_secure());
}

#[test]
fn the_debug_form_of_a_link_holds_no_password() {
    let mut host = host(LinkOptions {
        has_login: true,
        ..LinkOptions::default()
    });
    host.feed(PLAIN);
    host.link.identify(&Login {
        pass: Some("hunter2".to_owned()),
        ..Login::default()
    });
    let debug = format!("{:?}", host.link);
    let bytes = format!("{:?}", b"hunter2");
    assert!(!debug.contains("hunter2") && !debug.contains(bytes.trim_matches(['[', ']'])));
    assert!(host.written().contains("hunter2"));
}

#[test]
fn servers_that_the_broker_tells_of_are_dialled_after_the_named() {
    let mut host = over(&["a:1"]);
    host.dial();
    host.link.connected();
    host.feed(b"INFO {\"headers\":true,\"connect_urls\":[\"a:1\",\"b:1\"]}\r\n");
    host.lose();
    let next = host.dial();
    assert_eq!(address(&host, next), "b:1");
    host.lose();
    let next = host.dial();
    assert_eq!(address(&host, next), "a:1");
}

/// A link with subscription 1 to `x` that finishes.
fn finishing() -> Host {
    let mut host = over(&["a:1"]);
    host.connect();
    host.link.subscribe("x", None).unwrap();
    host.written();
    assert_eq!(host.feed(LEAVES), [""; 0]);
    assert!(host.link.is_leaving());
    host.link.leave(host.now, 0);
    assert_eq!(host.written(), "", "it spreads out first");
    assert!(!host.link.is_finishing());
    host.now = host.link.next_deadline().unwrap();
    assert!(host.now <= LinkOptions::default().leave_jitter);
    assert_eq!(host.link.timer(host.now), None);
    assert!(host.link.is_finishing());
    host
}

#[test]
fn a_broker_that_leaves_is_left_when_nothing_is_in_flight() {
    let mut host = finishing();
    host.link.leave(host.now, 1);
    assert_eq!(host.written(), "PING\r\n", "has everything arrived?");
    host.link.leave(host.now, 0);
    assert_eq!(host.written(), "", "not yet");
    host.feed(b"PONG\r\n");
    host.link.leave(host.now, 1);
    assert_eq!(host.written(), "", "something is in flight");
    host.link.leave(host.now, 0);
    assert_eq!(host.written(), "UNSUB 1\r\nPING\r\n");
    let late = host.feed(b"MSG x 1 1\r\ny\r\nPONG\r\n");
    assert_eq!(late[0], "1:x reply=None headers=None y");
    host.link.leave(host.now, 1);
    host.link.publish("answer", None, None, b"").unwrap();
    assert_eq!(host.written(), "PUB answer 0\r\n\r\n");
    host.link.leave(host.now, 0);
    assert_eq!(host.written(), "PING\r\n");
    assert!(!host.link.is_ready(), "what is sent now might be lost");
    assert_eq!(host.feed(b"PONG\r\n"), ["Drop(Leaving)"]);
    assert!(host.lose().was_ready);
    assert_eq!(host.link.next_deadline(), Some(host.now), "at once");
    let next = host.dial();
    assert_eq!(address(&host, next), "b:1");
}

#[test]
fn what_is_suspended_is_listened_to_again_on_the_next_socket() {
    let mut host = finishing();
    let work = host.link.subscribe("work", Some("q")).unwrap();
    host.written();
    host.link.suspend(work);
    host.link.leave(host.now, 1);
    assert_eq!(host.written(), "UNSUB 2\r\nPING\r\n");
    assert!(host.link.accepts(work), "what is on its way still comes");
    host.lose();
    host.dial();
    host.link.connected();
    host.feed(PLAIN);
    assert!(host.written().contains("SUB x 1\r\nSUB work q 2\r\n"));
}

#[test]
fn patience_with_what_is_in_flight_ends() {
    let mut host = over(&["a:1", "b:1"]);
    host.connect();
    host.feed(LEAVES);
    host.now = host.link.next_deadline().unwrap();
    assert_eq!(host.link.timer(host.now), None);
    let until = host.link.next_deadline().unwrap();
    assert_eq!(until - host.now, LinkOptions::default().leave_patience);
    host.link.leave(until - Duration::from_millis(2), 7);
    host.feed(b"PONG\r\n");
    host.link.leave(until - Duration::from_millis(1), 7);
    assert!(host.link.is_ready());
    host.link.leave(until, 7);
    assert!(!host.link.is_ready());
    let deadline = host.link.next_deadline().unwrap();
    assert_eq!(host.link.timer(deadline), Some(DropReason::Leaving));
}

#[test]
fn with_one_server_alone_a_link_stays_to_the_end() {
    let mut host = over(&["a:1"]);
    host.connect();
    assert_eq!(
        host.feed(b"INFO {\"headers\":true,\"ldm\":true}\r\n"),
        [""; 0]
    );
    assert!(!host.link.is_leaving());
    host.link.leave(Duration::from_secs(3600), 0);
    assert!(host.link.is_ready());
}

#[test]
fn brokers_that_all_send_us_away_are_not_dialled_without_a_pause() {
    let mut host = over(&["a:1", "b:1"]);
    let mut waits = Vec::new();
    for _ in 0..4 {
        host.connect();
        host.feed(LEAVES);
        host.now = host.link.next_deadline().unwrap();
        assert_eq!(host.link.timer(host.now), None);
        for _ in 0..3 {
            host.link.leave(host.now, 0);
            host.feed(b"PONG\r\n");
        }
        host.link.socket_closed(host.now, u64::MAX).unwrap();
        waits.push((host.link.next_deadline().unwrap() - host.now).as_millis());
        assert!(matches!(host.link.step(T0), Step::Wait | Step::Dial(_)));
    }
    assert_eq!(waits, [0, 50, 100, 100]);
}
