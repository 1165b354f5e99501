//! Lame duck: everybody is told, gets what is theirs, and is closed.

use aegis_nats::switch::{NoLocalPeer, SwitchConfig, SwitchLimits};

use crate::raw::{RawClient, broker, broker_with};

const CONNECT: &str = r#"{"verbose":false,"protocol":1}"#;

#[test]
fn a_crowd_is_told_and_then_closed() {
    let broker = broker();
    let address = broker.addresses()[0];
    // More than are closed in one step.
    let mut crowd: Vec<RawClient> = (0..150)
        .map(|_| RawClient::connect(address, CONNECT))
        .collect();
    let stop = std::thread::spawn(move || broker.stop());
    for client in &mut crowd {
        let info = client.line().unwrap();
        assert!(info.contains(r#""ldm":true"#), "{info}");
        client.assert_closed();
    }
    stop.join().unwrap().unwrap();
}

#[test]
fn what_waits_for_a_slow_reader_is_written_before_it_is_closed() {
    // Much more than the sockets' buffers hold.
    const SIZE: usize = 1_000_000;
    const COUNT: usize = 40;
    let limits = SwitchLimits {
        max_pending: 2 * SIZE * COUNT,
        ..SwitchLimits::default()
    };
    let config = SwitchConfig {
        limits,
        ..SwitchConfig::default()
    };
    let broker = broker_with(config, NoLocalPeer::default());
    let address = broker.addresses()[0];
    let mut slow = RawClient::quiet(address);
    slow.send("SUB a 1\r\n");
    slow.assert_alive();
    let mut from = RawClient::quiet(address);
    for _ in 0..COUNT {
        from.send(format!("PUB a {SIZE}\r\n{}\r\n", "x".repeat(SIZE)));
    }
    from.assert_alive();
    let stop = std::thread::spawn(move || broker.stop());
    for _ in 0..COUNT {
        assert_eq!(slow.message().1.len(), SIZE);
    }
    slow.assert_closed();
    stop.join().unwrap().unwrap();
}
