//! A process without free descriptors: who is there is served, who waits is taken later. Alone in
//! its file, since it uses up the descriptors of its whole process.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use aegis_broker::{Broker, BrokerConfig};
use aegis_nats::switch::NoLocalPeer;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn running_out_of_descriptors_is_survived() {
    let config = BrokerConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        ..BrokerConfig::default()
    };
    let broker = Broker::bind(config, NoLocalPeer::default()).unwrap();
    let broker = broker.spawn().unwrap();
    let address: SocketAddr = broker.addresses()[0];
    let mut present = BufReader::new(TcpStream::connect(address).unwrap());
    let mut line = String::new();
    present.read_line(&mut line).unwrap();
    present
        .get_mut()
        .write_all(b"CONNECT {\"verbose\":false}\r\n")
        .unwrap();

    let waiting = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let limit = Rlimit {
        current: Some(256),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    let fillers: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    waiting.connect(&address.into()).unwrap();

    // Every answer is a turn of a loop that has someone at the door it cannot let in.
    for _ in 0..1000 {
        present.get_mut().write_all(b"PING\r\n").unwrap();
        line.clear();
        present.read_line(&mut line).unwrap();
        assert_eq!(line, "PONG\r\n");
    }
    let status = broker.status().look();
    assert_eq!(status.connections, 1);
    // It pauses after each failure and does not ask again with every turn.
    assert!((1..500).contains(&status.accepts_failed), "{status:?}");

    drop(fillers);
    let waiting = TcpStream::from(waiting);
    waiting.set_read_timeout(Some(PATIENCE)).unwrap();
    line.clear();
    BufReader::new(waiting).read_line(&mut line).unwrap();
    assert!(line.starts_with("INFO {"), "{line}");
}
