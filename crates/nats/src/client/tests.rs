//! The link and its read side together, with explicit bytes and time.

mod transport;

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const INFO: &[u8] = b"INFO {\"headers\":true,\"max_payload\":1024}\r\n";
const T0: Duration = Duration::ZERO;

/// A host without a socket: what would be written is kept, what happened is told in words.
struct Host {
    link: Link,
    inbound: Inbound,
    now: Duration,
}

impl Host {
    fn new(options: LinkOptions, servers: usize) -> Self {
        Self {
            link: Link::new(options, servers),
            inbound: Inbound::new(),
            now: T0,
        }
    }

    fn ready() -> Self {
        let mut host = Self::new(LinkOptions::default(), 1);
        host.connect();
        host
    }

    fn dial(&mut self) -> usize {
        let until = self.link.next_deadline().unwrap();
        self.now = self.now.max(until);
        let Step::Dial(server) = self.link.step(self.now) else {
            panic!("no dial");
        };
        assert_eq!(self.link.step(self.now), Step::Wait);
        self.inbound = Inbound::new();
        server
    }

    fn connect(&mut self) {
        self.dial();
        self.link.connected();
        assert_eq!(self.feed(INFO), [""; 0]);
        self.written();
        let story = self.feed(b"PONG\r\n");
        assert!(story.iter().all(|event| event.starts_with("ready")));
        assert_eq!(story.len(), 1);
    }

    fn lose(&mut self) -> SocketEnd {
        self.link.socket_closed(self.now, 0).unwrap()
    }

    fn feed(&mut self, mut bytes: &[u8]) -> Vec<String> {
        let mut story = Vec::new();
        while !bytes.is_empty() {
            let space = self.inbound.space();
            let count = space.len().min(bytes.len());
            space[..count].copy_from_slice(&bytes[..count]);
            self.inbound.filled(count);
            self.link.heard();
            bytes = &bytes[count..];
            loop {
                match self.inbound.next() {
                    Ok(None) => break,
                    Ok(Some(Incoming::Message(message))) => {
                        if self.link.accepts(message.sid) {
                            story.push(told(&message));
                        }
                    }
                    Ok(Some(Incoming::Op(op))) => match self.link.received(self.now, &op) {
                        None => {}
                        Some(Event::Ready { first }) => story.push(format!("ready first={first}")),
                        Some(event) => story.push(format!("{event:?}")),
                    },
                    Err(error) => {
                        story.push(format!("{error:?}"));
                        return story;
                    }
                }
            }
        }
        story
    }

    fn written(&mut self) -> String {
        let mut bytes = Vec::new();
        self.link.take_output(&mut bytes);
        self.link.take_output(&mut Vec::new());
        String::from_utf8(bytes).unwrap()
    }

    fn at(&mut self, seconds: u64) -> Option<DropReason> {
        self.now = Duration::from_secs(seconds);
        self.link.timer(self.now)
    }
}

fn told(message: &Delivery<'_>) -> String {
    format!(
        "{}:{} reply={:?} headers={:?} {}",
        message.sid,
        message.subject,
        message.reply,
        message.headers.map(String::from_utf8_lossy),
        String::from_utf8_lossy(message.payload)
    )
}

#[test]
fn ready_comes_after_the_broker_has_taken_every_subscription() {
    let options = LinkOptions {
        name: "me".to_owned(),
        echo: false,
        ..LinkOptions::default()
    };
    let mut host = Host::new(options, 1);
    host.link.subscribe("a.*", None).unwrap();
    host.link.subscribe("b", Some("g")).unwrap();
    assert_eq!(host.dial(), 0);
    host.link.connected();
    assert_eq!(host.written(), "", "the broker speaks first");

    assert_eq!(host.feed(INFO), [""; 0]);
    let written = host.written();
    let (connect, rest) = written.split_once("\r\n").unwrap();
    assert_eq!(rest, "SUB a.* 1\r\nSUB b g 2\r\nPING\r\n");
    let json = connect.strip_prefix("CONNECT ").unwrap();
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "verbose": false, "pedantic": false, "echo": false, "headers": true,
            "no_responders": true, "protocol": 1, "name": "me", "lang": "rust",
            "version": env!("CARGO_PKG_VERSION"),
        })
    );
    assert!(!host.link.is_ready());
    let refused = host.link.publish("x", None, None, b"");
    assert_eq!(refused, Err(PublishError::NotConnected));

    assert_eq!(host.feed(b"PONG\r\n"), ["ready first=true"]);
    assert_eq!(host.link.max_payload(), Some(1024));
}

#[test]
fn subscriptions_come_back_and_publishes_do_not() {
    let mut host = Host::ready();
    let gone = host.link.subscribe("gone", None).unwrap();
    host.link.subscribe("kept", None).unwrap();
    host.link.unsubscribe(gone);
    host.link.publish("x", None, None, b"stale").unwrap();
    assert!(host.lose().was_ready);
    assert!(!host.link.has_output());
    let refused = host.link.publish("x", None, None, b"stale too");
    assert_eq!(refused, Err(PublishError::NotConnected));
    host.link.subscribe("while.away", None).unwrap();

    host.dial();
    host.link.connected();
    host.feed(INFO);
    let written = host.written();
    assert!(written.ends_with("\r\nSUB kept 2\r\nSUB while.away 3\r\nPING\r\n"));
    host.link.subscribe("while.joining", None).unwrap();
    assert_eq!(host.written(), "SUB while.joining 4\r\n");
    assert_eq!(host.feed(b"PONG\r\n"), ["ready first=false"]);
    assert_eq!(host.written(), "");
}

#[test]
fn commands_become_lines() {
    let mut host = Host::ready();
    let sid = host.link.subscribe("a.>", Some("g")).unwrap();
    host.link.publish("a.b", None, None, b"hi").unwrap();
    let block = b"NATS/1.0\r\na: b\r\n\r\n";
    let published = host.link.publish("a.b", Some("r"), Some(block), b"hi");
    published.unwrap();
    host.link.publish("a", None, Some(b""), b"").unwrap();
    host.link.unsubscribe(sid);
    host.link.unsubscribe(sid);
    host.link.ping().unwrap();
    assert_eq!(
        host.written(),
        "SUB a.> g 1\r\nPUB a.b 2\r\nhi\r\nHPUB a.b r 18 20\r\nNATS/1.0\r\na: b\r\n\r\nhi\r\n\
         PUB a 0\r\n\r\nUNSUB 1\r\nPING\r\n"
    );
}

#[test]
fn what_cannot_be_sent_leaves_no_byte() {
    let mut host = Host::ready();
    let long = "x".repeat(MAX_SUBJECT + 1);
    for subject in ["", "a b", "a\r\nPING", "a..b", "*", "a.>", &long] {
        let invalid = Err(PublishError::InvalidSubject);
        assert_eq!(host.link.publish(subject, None, None, b""), invalid);
        assert_eq!(host.link.publish("a", Some(subject), None, b""), invalid);
    }
    for pattern in ["", "a b", "a.>.b", &long] {
        let invalid = Err(SubscribeError::InvalidPattern);
        assert_eq!(host.link.subscribe(pattern, None), invalid);
    }
    for group in ["", "a b", "a\r\n", &long] {
        let invalid = Err(SubscribeError::InvalidQueueGroup);
        assert_eq!(host.link.subscribe("a", Some(group)), invalid);
    }
    let too_large = PublishError::PayloadTooLarge {
        size: 1025,
        max: 1024,
    };
    let refused = host.link.publish("a", None, Some(&[b'x'; 25]), &[0; 1000]);
    assert_eq!(refused, Err(too_large));
    assert_eq!(host.written(), "");
    host.link.publish("a", None, None, &[b'x'; 1024]).unwrap();
}

#[test]
fn a_repeated_info_changes_the_payload_limit() {
    let mut host = Host::ready();
    host.feed(b"INFO {\"headers\":true,\"max_payload\":7,\"ldm\":true}\r\n");
    assert_eq!(host.link.max_payload(), Some(7));
    assert!(host.link.publish("a", None, None, &[0; 8]).is_err());
}

#[test]
fn pending_bytes_are_bounded_until_the_host_has_written_them() {
    let options = LinkOptions {
        max_pending_bytes: 1_000,
        max_subscriptions: 2,
        ..LinkOptions::default()
    };
    let mut host = Host::new(options, 1);
    host.connect();
    let full = PublishError::Overloaded {
        limit: PENDING_BYTES,
        max: 1_000,
    };
    host.link.publish("a", None, None, &[b'x'; 900]).unwrap();
    assert_eq!(host.link.publish("a", None, None, &[b'x'; 900]), Err(full));
    let mut in_write = Vec::new();
    host.link.take_output(&mut in_write);
    assert_eq!(host.link.publish("a", None, None, &[b'x'; 900]), Err(full));
    assert!(host.link.subscribe(&"x".repeat(100), None).is_err());
    host.link.take_output(&mut in_write);
    host.link.publish("a", None, None, &[b'x'; 900]).unwrap();

    host.written();
    host.link.publish("a", None, None, &[b'x'; 1024]).unwrap();
    assert_eq!(host.feed(b"PING\r\n"), ["Drop(NotReading)"]);

    host.written();
    host.link.subscribe("a", None).unwrap();
    host.link.subscribe("b", None).unwrap();
    let refused = host.link.subscribe("c", None);
    let limit = SUBSCRIPTIONS;
    assert_eq!(refused, Err(SubscribeError::Overloaded { limit, max: 2 }));
}

#[test]
fn a_silent_broker_is_dropped_after_two_pings() {
    let mut host = Host::ready();
    assert_eq!(host.link.next_deadline(), Some(Duration::from_secs(10)));
    assert_eq!(host.at(10), None);
    assert_eq!(host.written(), "PING\r\n");
    assert_eq!(host.at(20), None);
    assert_eq!(host.at(30), Some(DropReason::Stale));
}

#[test]
fn a_broker_that_says_anything_is_not_stale() {
    let mut host = Host::ready();
    host.at(10);
    host.at(20);
    // Half a message: its PONGs wait behind the rest.
    host.feed(b"MSG a 1 100\r\nxx");
    assert_eq!(host.at(30), None);
}

#[test]
fn pings_of_the_broker_are_answered() {
    let mut host = Host::ready();
    assert_eq!(host.feed(b"PING\r\nPING\r\n+OK\r\n"), [""; 0]);
    assert_eq!(host.written(), "PONG\r\nPONG\r\n");
}

#[test]
fn pongs_answer_pings_in_order() {
    let mut host = Host::ready();
    let first = host.link.ping().unwrap();
    host.at(10);
    let second = host.link.ping().unwrap();
    assert!(first < second);
    assert_eq!(host.feed(b"PONG\r\n"), [format!("Answered({first:?})")]);
    let story = host.feed(b"PONG\r\nPONG\r\nPONG\r\n");
    assert_eq!(story.len(), 2, "the last one was not asked for");
    assert_eq!(story[1], format!("Answered({second:?})"));
}

#[test]
fn errors_keep_or_end_the_connection() {
    let mut host = Host::ready();
    let story = host.feed(b"-ERR 'Permissions Violation for Publish to \"x\"'\r\n");
    assert_eq!(story.len(), 1);
    assert!(story[0].starts_with("Refused { kind: PermissionsViolation"));
    assert!(host.link.is_ready());
    let story = host.feed(b"-ERR 'Slow Consumer'\r\n");
    assert_eq!(story, ["Drop(ServerError(SlowConsumer))"]);
}

#[test]
fn brokers_that_cannot_serve_us_are_refused_with_the_reason() {
    for (greeting, reason) in [
        (
            "INFO {\"headers\":true,\"auth_required\":true}",
            "AuthenticationRequired",
        ),
        (
            "INFO {\"headers\":true,\"tls_required\":true}",
            "TlsRequired",
        ),
        ("INFO {}", "HeadersUnsupported"),
        ("INFO nonsense", "InvalidInfo"),
        (
            "-ERR 'maximum connections exceeded'",
            "ServerError(TooManyConnections)",
        ),
    ] {
        let mut host = Host::new(LinkOptions::default(), 1);
        host.dial();
        host.link.connected();
        let story = host.feed(format!("{greeting}\r\n").as_bytes());
        assert_eq!(story, [format!("Drop({reason})")]);
        assert_eq!(host.written(), "");
        let end = host.lose();
        assert!(end.first_failure && !end.was_ready);
    }
}

#[test]
fn a_dial_and_its_handshake_share_one_timeout() {
    let mut host = Host::new(LinkOptions::default(), 1);
    host.dial();
    host.link.connected();
    assert_eq!(host.at(1), None);
    host.feed(INFO);
    assert_eq!(host.at(2), Some(DropReason::ConnectTimeout));
}

#[test]
fn failed_dials_go_round_the_servers_and_are_news_once() {
    let mut host = Host::new(LinkOptions::default(), 2);
    let mut news = Vec::new();
    let mut waits = Vec::new();
    for round in 0..6 {
        assert_eq!(host.dial(), round % 2);
        let end = host.link.socket_closed(host.now, u64::MAX).unwrap();
        news.push(end.first_failure);
        let wait = host.link.next_deadline().unwrap() - host.now;
        waits.push(wait.as_millis());
    }
    assert_eq!(news, [true, false, false, false, false, false]);
    assert_eq!(waits, [50, 50, 100, 100, 200, 200]);

    host.connect();
    assert!(!host.lose().first_failure);
    host.dial();
    assert!(host.lose().first_failure, "a new outage is news again");
}

#[test]
fn a_broker_that_drops_us_at_once_is_dialled_ever_more_slowly() {
    let mut host = Host::new(LinkOptions::default(), 1);
    let lose = |host: &mut Host| {
        host.link.socket_closed(host.now, u64::MAX).unwrap();
        (host.link.next_deadline().unwrap() - host.now).as_millis()
    };
    let mut waits = Vec::new();
    for _ in 0..4 {
        host.connect();
        waits.push(lose(&mut host));
    }
    assert_eq!(waits, [50, 100, 200, 400]);
    host.connect();
    host.now += Duration::from_secs(2);
    assert_eq!(lose(&mut host), 50);
}

#[test]
fn nothing_moves_after_close() {
    let mut host = Host::ready();
    host.link.publish("a", None, None, b"").unwrap();
    host.link.close();
    assert_eq!(host.link.step(host.now), Step::Closed);
    assert_eq!(host.link.next_deadline(), None);
    assert_eq!(host.link.socket_closed(host.now, 0), None);
    assert!(!host.link.has_output());
    let refused = host.link.publish("a", None, None, b"");
    assert_eq!(refused, Err(PublishError::Closed));
    let refused = host.link.subscribe("a", None);
    assert_eq!(refused, Err(SubscribeError::Closed));
}

#[test]
fn messages_of_an_ended_subscription_are_dropped() {
    let mut host = Host::ready();
    let sid = host.link.subscribe("a", None).unwrap();
    host.link.subscribe("b", None).unwrap();
    host.link.unsubscribe(sid);
    let story = host.feed(b"MSG a 1 1\r\nx\r\nMSG b 2 1\r\ny\r\nMSG b nonsense 1\r\nz\r\n");
    assert_eq!(story, ["2:b reply=None headers=None y"]);
    assert_eq!(host.inbound.refused(), 1);
}

#[test]
fn no_responders_is_an_empty_message_with_status_503() {
    let message = |headers, payload| Delivery {
        sid: Sid(1),
        subject: "a",
        reply: None,
        headers,
        payload,
    };
    let block: Option<&[u8]> = Some(b"NATS/1.0 503\r\n\r\n");
    assert!(message(block, b"").is_no_responders());
    assert!(!message(block, b"x").is_no_responders());
    assert!(!message(None, b"").is_no_responders());
    assert!(!message(Some(b"junk"), b"").is_no_responders());
}

#[test]
fn a_message_larger_than_the_buffer_comes_whole() {
    let mut host = Host::ready();
    host.link.subscribe("a", None).unwrap();
    let size = 1024 * 1024;
    let mut bytes = format!("MSG a 1 {size}\r\n").into_bytes();
    bytes.resize(bytes.len() + size, b'x');
    bytes.extend_from_slice(b"\r\nMSG a 1 1\r\ny\r\n");
    let story = host.feed(&bytes);
    assert_eq!(story.len(), 2);
    assert!(story[0].len() > size);
    assert!(
        host.inbound.space().len() <= 64 * 1024,
        "and its room is given back"
    );
}

/// Everything a broker may say, with what any publisher may make it pass on.
const CONVERSATION: &[u8] = b"PING\r\n\
    MSG a.b 1 5\r\nhello\r\n\
    MSG a.b 1 r.x 0\r\n\r\n\
    HMSG a.b 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n\
    HMSG a.b 1 4 6\r\njunkhi\r\n\
    HMSG a.b 1 0 2\r\nhi\r\n\
    HMSG a.b 1 13 13\r\nNATS/1.0 x\xff\r\n\r\n\
    MSG a.\xff 1 2\r\nno\r\n\
    MSG a.b 1 \xff 2\r\nno\r\n\
    MSG a.b 9 2\r\nno\r\n\
    +OK\r\n\
    -ERR 'Invalid Subject'\r\n\
    INFO {\"headers\":true,\"max_payload\":99}\r\n\
    MSG a.b 1 14\r\nMSG a.b 1 2\r\nx\r\n\
    PONG\r\n\
    MSG a.b 1 3\r\nend\r\n";

#[test]
fn one_junk_message_costs_nothing_else() {
    let mut host = Host::ready();
    host.link.subscribe("a.*", None).unwrap();
    host.link.ping().unwrap();
    let story = host.feed(CONVERSATION);
    assert_eq!(story.len(), 10, "{story:#?}");
    assert_eq!(story[9], "1:a.b reply=None headers=None end");
    assert_eq!(host.inbound.refused(), 2);
    assert_eq!(host.link.max_payload(), Some(99));
}

proptest! {
    #[test]
    fn any_chunking_tells_the_same_story(cuts in proptest::collection::vec(1_usize..40, 1..60)) {
        let tell = |cuts: &mut dyn Iterator<Item = usize>| {
            let mut host = Host::ready();
            host.link.subscribe("a.*", None).unwrap();
            host.link.ping().unwrap();
            let mut story = Vec::new();
            let mut rest = CONVERSATION;
            for cut in cuts {
                let (chunk, after) = rest.split_at(cut.min(rest.len()));
                story.extend(host.feed(chunk));
                rest = after;
            }
            story.extend(host.feed(rest));
            (story, host.written())
        };
        let whole = tell(&mut std::iter::empty());
        prop_assert_eq!(tell(&mut cuts.into_iter()), whole);
    }

    #[test]
    fn garbage_never_panics(chunks in proptest::collection::vec(
        proptest::collection::vec(any::<u8>(), 0..50), 0..20))
    {
        let mut host = Host::ready();
        for chunk in chunks {
            host.feed(&chunk);
        }
    }
}
