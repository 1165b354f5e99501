use super::*;
use crate::{Message, PeerEvent};

/// Writes down what it hears and answers requests on `svc.echo`.
#[derive(Default)]
struct Witness {
    heard: Vec<String>,
    outbox: Outbox,
    deadline: Option<Duration>,
    is_busy: bool,
}

impl LocalPeer for Witness {
    fn subscriptions(&self) -> Vec<(String, Option<String>)> {
        vec![
            ("svc.echo".into(), Some("routers".into())),
            ("svc.>".into(), None),
            ("reply.*".into(), None),
        ]
    }

    fn watches(&self) -> Vec<String> {
        vec!["inbox.>".into()]
    }

    fn on_message(&mut self, _: Duration, message: &Message<'_>) {
        let (from, body) = (
            message.from.map_or(0, |peer| peer.0),
            message.payload.escape_ascii(),
        );
        self.heard
            .push(format!("{from}: {} [{body}]", message.subject));
        if message.subject == "svc.call" {
            let body = message.payload.to_vec();
            let publish = |out: &mut Vec<u8>| out.extend_from_slice(&body);
            self.outbox
                .publish("inbox.a", message.reply, b"", Some(7), publish);
        } else if let Some(reply) = message.reply {
            let publish = |out: &mut Vec<u8>| out.extend_from_slice(b"echo");
            self.outbox.publish(reply, None, b"", None, publish);
        }
    }

    fn on_no_responders(&mut self, _: Duration, token: u128) {
        self.heard.push(format!("nobody took {token}"));
        self.outbox.publish("inbox.b", None, b"", None, |_| {});
    }

    fn on_peer(&mut self, _: Duration, event: PeerEvent<'_>) {
        self.heard.push(match event {
            PeerEvent::Closed { peer, by } => format!("closed {} by {by:?}", peer.0),
            PeerEvent::InterestGained { subject } => format!("gained {subject}"),
            PeerEvent::InterestLost { subject } => format!("lost {subject}"),
        });
    }

    fn on_timer(&mut self, now: Duration) {
        self.heard.push(format!("timer at {}", now.as_secs()));
        self.deadline = None;
        self.outbox.publish("inbox.b", None, b"", None, |_| {});
        // Its own publishes never come back to it.
        self.outbox.publish("svc.self", None, b"", Some(8), |_| {});
    }

    fn next_deadline(&self) -> Option<Duration> {
        self.deadline
    }

    fn on_shutdown(&mut self, _: Duration) {
        self.heard.push(String::from("shutdown"));
    }

    fn is_idle(&self) -> bool {
        !self.is_busy
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}

fn bench() -> Bench<Witness> {
    Bench::new(SwitchConfig::default(), Witness::default())
}

impl Bench<Witness> {
    fn heard(&mut self) -> Vec<String> {
        std::mem::take(&mut self.switch.local.heard)
    }
}

#[test]
fn it_gets_a_message_once_and_its_answer_goes_out() {
    let mut bench = bench();
    let id = bench.quiet();
    bench.send(id, "SUB i 1\r\nPUB svc.echo i 2\r\nhi\r\n");
    assert_eq!(bench.heard(), ["0: svc.echo [hi]"]);
    // The local peer counts as a receiver: no 503.
    assert_eq!(bench.read(id), "i #1 [echo]");
}

#[test]
fn a_publish_that_reaches_nobody_comes_back_as_its_token() {
    let mut bench = bench();
    let (caller, watcher) = (bench.quiet(), bench.quiet());
    bench.send(watcher, "SUB inbox.b 1\r\n");
    bench.send(caller, "PUB svc.call i 2\r\nhi\r\n");
    assert_eq!(
        bench.heard(),
        ["gained inbox.b", "0: svc.call [hi]", "nobody took 7"]
    );
    assert_eq!(bench.read(watcher), "inbox.b #1 []");
    bench.send(watcher, "SUB inbox.a 2\r\n");
    bench.send(caller, "PUB svc.call i 2\r\nhi\r\n");
    assert_eq!(bench.heard(), ["gained inbox.a", "0: svc.call [hi]"]);
    assert_eq!(bench.read(watcher), "inbox.a #2 reply=i [hi]");
}

#[test]
fn interest_is_told_at_the_first_and_last_exact_subscriber() {
    let mut bench = bench();
    let (one, two) = (bench.quiet(), bench.quiet());
    bench.send(one, "SUB inbox.a 1\r\nSUB inbox.* 2\r\nSUB other 3\r\n");
    bench.send(two, "SUB inbox.a q 1\r\n");
    assert_eq!(bench.heard(), ["gained inbox.a"]);
    assert!(bench.switch.has_interest("inbox.a") && !bench.switch.has_interest("inbox.x"));
    bench.send(one, "UNSUB 1\r\n");
    assert_eq!(bench.heard(), [""; 0]);
    bench.send(two, "UNSUB 1\r\n");
    assert_eq!(bench.heard(), ["lost inbox.a"]);
    assert!(!bench.switch.has_interest("inbox.a"));
}

#[test]
fn a_close_is_told_before_the_interest_it_took_along() {
    let mut bench = bench();
    let id = bench.quiet();
    bench.send(id, "SUB inbox.a 1\r\nPUB svc.x 1\r\nx\r\n");
    bench.close(id);
    assert_eq!(
        bench.heard(),
        [
            "gained inbox.a",
            "0: svc.x [x]",
            "closed 0 by Peer",
            "lost inbox.a"
        ]
    );
}

#[test]
fn a_cut_is_told_once_and_is_our_doing() {
    let mut bench = bench();
    let id = bench.quiet();
    bench.send(id, "SUB inbox.a 1\r\nPUB svc.x 1\r\nx\r\nJUNK\r\n");
    assert_eq!(
        bench.heard(),
        [
            "gained inbox.a",
            "0: svc.x [x]",
            "closed 0 by Us",
            "lost inbox.a"
        ]
    );
    bench.close(id);
    assert_eq!(bench.heard(), [""; 0]);
}

#[test]
fn its_own_timer_and_publishes() {
    let mut bench = bench();
    let id = bench.quiet();
    bench.send(id, "SUB inbox.b 1\r\n");
    bench.switch.local.deadline = Some(T0 + Duration::from_secs(1));
    bench.advance(Duration::from_secs(2));
    assert_eq!(
        bench.heard(),
        ["gained inbox.b", "timer at 101", "nobody took 8"]
    );
    assert_eq!(bench.read(id), "inbox.b #1 []\ninbox.b #1 []");
}

#[test]
fn shutdown_waits_for_it() {
    let mut bench = bench();
    bench.switch.local.is_busy = true;
    bench.switch.shutdown(T0);
    bench.switch.shutdown(T0);
    assert_eq!(bench.heard(), ["shutdown"]);
    assert!(!bench.switch.is_idle());
}
