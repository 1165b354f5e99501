//! Starting, stopping, and what a close proves.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::time::Duration;

use crate::raw::{PATIENCE, RawClient, broker, broker_with, config, wait_for};
use aegis_broker::{BindError, Broker, BrokerConfig, BrokerHandle};
use aegis_nats::switch::{NoLocalPeer, SwitchConfig, SwitchLimits};
use aegis_nats::{LocalPeer, Message, Outbox, PeerEvent};

fn bind_to(listen: &str) -> Result<Broker<NoLocalPeer>, BindError> {
    let config = BrokerConfig {
        listen: listen.parse().unwrap(),
        ..BrokerConfig::default()
    };
    Broker::bind(config, NoLocalPeer::default())
}

#[test]
fn only_loopback_is_served() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[2001:db8::1]:4222"] {
        let error = bind_to(address).unwrap_err();
        assert_eq!(error.code(), "not_loopback", "{address}");
        assert!(error.hint().unwrap().contains("127.0.0.1"));
    }
}

#[test]
fn a_taken_port_is_said_with_what_to_do() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = bind_to(&holder.local_addr().unwrap().to_string()).unwrap_err();
    assert_eq!(error.code(), "port_taken");
    let hint = error.hint().unwrap();
    assert!(hint.contains("--listen"), "{hint}");
}

#[test]
fn both_loopbacks_share_one_port() {
    let has_ipv6 = TcpListener::bind("[::1]:0").is_ok();
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        if listen.starts_with('[') && !has_ipv6 {
            continue;
        }
        let broker = bind_to(listen).unwrap();
        let addresses = broker.addresses();
        let asked_for: SocketAddr = listen.parse().unwrap();
        assert_eq!(addresses[0].ip(), asked_for.ip());
        assert_eq!(addresses.len(), if has_ipv6 { 2 } else { 1 });
        assert!(
            addresses
                .iter()
                .all(|address| address.port() == addresses[0].port())
        );
        assert_ne!(addresses[0].port(), 0);
    }
}

#[test]
fn a_pending_limit_below_the_payload_limit_is_refused() {
    let switch = SwitchConfig {
        limits: SwitchLimits {
            max_pending: 1000,
            ..SwitchLimits::default()
        },
        ..SwitchConfig::default()
    };
    let error = Broker::bind(config(switch), NoLocalPeer::default()).unwrap_err();
    assert_eq!(error.code(), "pending_below_payload");
    assert!(error.to_string().contains("1000") && error.to_string().contains("1048576"));
}

#[test]
fn a_stopped_broker_frees_its_port_for_the_next_one() {
    let first = broker();
    let address = first.addresses()[0];
    let mut client = RawClient::quiet(address);
    let status = first.status();
    assert!(status.look().is_running);
    first.stop().unwrap();
    assert!(!status.look().is_running);
    client.assert_closed();
    let second = bind_to(&address.to_string()).unwrap().spawn().unwrap();
    RawClient::quiet(second.addresses()[0]);
}

#[test]
fn a_stop_asked_for_before_it_runs_is_heard() {
    let broker = bind_to("127.0.0.1:0").unwrap();
    broker.stop_handle().stop();
    broker.run().unwrap();
}

/// Tells what it hears, and can be held up in the middle of a message.
struct Witness {
    heard: mpsc::Sender<String>,
    gate: mpsc::Receiver<()>,
    outbox: Outbox,
    is_idle: bool,
}

impl Witness {
    fn new() -> (Witness, mpsc::Receiver<String>, mpsc::Sender<()>) {
        let (heard, hear) = mpsc::channel();
        let (open, gate) = mpsc::channel();
        let witness = Witness {
            heard,
            gate,
            outbox: Outbox::default(),
            is_idle: true,
        };
        (witness, hear, open)
    }
}

impl LocalPeer for Witness {
    fn subscriptions(&self) -> Vec<(String, Option<String>)> {
        vec![("witness.>".into(), None)]
    }

    fn watches(&self) -> Vec<String> {
        vec!["inbox.>".into()]
    }

    fn on_message(&mut self, _: Duration, message: &Message<'_>) {
        match message.subject {
            "witness.hold" => {
                self.heard.send("holding".into()).unwrap();
                self.gate.recv().unwrap();
            }
            "witness.busy" => self.is_idle = false,
            "witness.idle" => self.is_idle = true,
            subject => self.heard.send(subject.into()).unwrap(),
        }
    }

    fn on_no_responders(&mut self, _: Duration, _: u128) {}

    fn on_peer(&mut self, _: Duration, event: PeerEvent<'_>) {
        let text = match event {
            PeerEvent::Closed { by, .. } => format!("closed by {by:?}"),
            PeerEvent::InterestGained { subject } => format!("gained {subject}"),
            PeerEvent::InterestLost { subject } => format!("lost {subject}"),
        };
        // The test may be over already.
        let _gone = self.heard.send(text);
    }

    fn on_timer(&mut self, _: Duration) {}

    fn next_deadline(&self) -> Option<Duration> {
        None
    }

    fn on_shutdown(&mut self, _: Duration) {
        let _gone = self.heard.send("shutdown".into());
    }

    fn is_idle(&self) -> bool {
        self.is_idle
    }

    fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }
}

/// A broker that pings nobody: a ping would find a close that reading missed.
fn witnessed(witness: Witness) -> BrokerHandle<Witness> {
    let switch = SwitchConfig {
        ping_interval: Duration::from_secs(3600),
        ..SwitchConfig::default()
    };
    broker_with(switch, witness)
}

fn next(heard: &mpsc::Receiver<String>) -> String {
    heard.recv_timeout(PATIENCE).unwrap()
}

#[test]
fn a_close_does_not_overtake_what_others_sent_before_it() {
    let (witness, heard, open) = Witness::new();
    let broker = witnessed(witness);
    let address = broker.addresses()[0];
    let (mut lifeline, mut holder) = (RawClient::quiet(address), RawClient::quiet(address));
    let mut others: Vec<RawClient> = (0..20).map(|_| RawClient::quiet(address)).collect();
    holder.send("PUB witness.hold 0\r\n\r\n");
    assert_eq!(next(&heard), "holding");
    // The lifeline is readable first, so that its end is found in the same read.
    lifeline.send("PING\r\n");
    for other in &mut others {
        other.send("PUB witness.said 0\r\n\r\n".repeat(100));
    }
    drop(lifeline);
    open.send(()).unwrap();
    for _ in 0..others.len() * 100 {
        assert_eq!(next(&heard), "witness.said");
    }
    assert_eq!(next(&heard), "closed by Peer");
}

#[test]
fn a_reset_is_a_close_by_the_peer_after_what_it_said() {
    let (witness, heard, open) = Witness::new();
    let broker = witnessed(witness);
    let address = broker.addresses()[0];
    let (mut killed, mut holder) = (RawClient::quiet(address), RawClient::quiet(address));
    killed.send("SUB inbox.a 1\r\n");
    assert_eq!(next(&heard), "gained inbox.a");
    holder.send("PUB witness.hold 0\r\n\r\n");
    assert_eq!(next(&heard), "holding");
    killed.send("PUB witness.last 0\r\n\r\n");
    let socket = killed.reader.into_inner();
    socket2::SockRef::from(&socket)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(socket);
    open.send(()).unwrap();
    assert_eq!(next(&heard), "witness.last");
    assert_eq!(next(&heard), "closed by Peer");
    assert_eq!(next(&heard), "lost inbox.a");
}

#[test]
fn a_broken_pipe_is_found_by_writing_too() {
    let (witness, heard, open) = Witness::new();
    let broker = witnessed(witness);
    let address = broker.addresses()[0];
    let (mut killed, mut holder) = (RawClient::quiet(address), RawClient::quiet(address));
    killed.send("SUB a 1\r\n");
    killed.assert_alive();
    // Messages to it are queued in the very read after which it turns out to be gone.
    holder.send("PUB witness.hold 0\r\n\r\n".to_owned() + &"PUB a 2\r\nhi\r\n".repeat(100));
    assert_eq!(next(&heard), "holding");
    drop(killed);
    open.send(()).unwrap();
    assert_eq!(next(&heard), "closed by Peer");
    holder.assert_alive();
}

#[test]
fn a_cut_is_our_doing() {
    let (witness, heard, _open) = Witness::new();
    let broker = witnessed(witness);
    let mut client = RawClient::quiet(broker.addresses()[0]);
    client.send("PUB witness.said 0\r\n\r\nJUNK\r\n");
    assert_eq!(next(&heard), "witness.said");
    assert_eq!(next(&heard), "closed by Us");
}

#[test]
fn an_orderly_stop_waits_for_the_local_peer() {
    let (witness, heard, _open) = Witness::new();
    let broker = witnessed(witness);
    let address = broker.addresses()[0];
    let mut client = RawClient::connect(address, r#"{"verbose":false,"protocol":1}"#);
    client.send("PUB witness.busy 0\r\n\r\n");
    client.assert_alive();
    broker.stop_handle().stop();
    assert_eq!(next(&heard), "shutdown");
    assert!(client.line().unwrap().contains(r#""ldm":true"#));
    // It still serves who is there, and nobody new.
    client.assert_alive();
    assert!(std::net::TcpStream::connect(address).is_err());
    assert!(broker.status().look().is_stopping);
    client.send("PUB witness.idle 0\r\n\r\n");
    client.assert_closed();
    assert!(broker.join().unwrap().is_idle);
}

#[test]
fn a_stop_waits_no_longer_than_its_grace() {
    let (witness, _heard, _open) = Witness::new();
    let config = BrokerConfig {
        shutdown_grace: Duration::from_millis(50),
        ..config(SwitchConfig::default())
    };
    let broker = Broker::bind(config, witness).unwrap().spawn().unwrap();
    let mut client = RawClient::quiet(broker.addresses()[0]);
    client.send("PUB witness.busy 0\r\n\r\n");
    client.assert_alive();
    assert!(!broker.stop().unwrap().is_idle);
}

#[test]
fn what_is_over_the_budget_of_a_turn_is_done_without_being_asked_again() {
    let broker = broker();
    let mut client = RawClient::quiet(broker.addresses()[0]);
    const MANY: usize = 20_000;
    client.send("PING\r\n".repeat(MANY));
    (0..MANY).for_each(|_| client.expect("PONG"));
    assert!(broker.status().look().counters.budgets_spent > 0);
}

#[test]
fn a_flood_does_not_starve_the_others() {
    let broker = broker();
    let address = broker.addresses()[0];
    let mut flood = RawClient::quiet(address);
    let stop = broker.stop_handle();
    let flooding = std::thread::spawn(move || {
        let bytes = "PUB nobody 0\r\n\r\n".repeat(50_000);
        while std::io::Write::write_all(flood.reader.get_mut(), bytes.as_bytes()).is_ok() {}
    });
    wait_for("the flood", || {
        broker.status().look().counters.bytes_in > 10_000_000
    });
    let mut other = RawClient::quiet(address);
    for _ in 0..100 {
        other.assert_alive();
    }
    // Closes are not held back either.
    drop(other);
    wait_for("the close", || broker.status().look().connections == 1);
    stop.stop_at_once();
    flooding.join().unwrap();
}
