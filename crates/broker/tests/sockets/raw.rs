//! A broker on a free port, and a client that is nothing but a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use aegis_broker::{Broker, BrokerConfig, BrokerHandle};
use aegis_nats::LocalPeer;
use aegis_nats::switch::{NoLocalPeer, SwitchConfig};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn config(switch: SwitchConfig) -> BrokerConfig {
    BrokerConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        switch,
        ..BrokerConfig::default()
    }
}

pub(crate) fn broker() -> BrokerHandle<NoLocalPeer> {
    broker_with(SwitchConfig::default(), NoLocalPeer::default())
}

pub(crate) fn broker_with<L: LocalPeer + Send + 'static>(
    switch: SwitchConfig,
    local: L,
) -> BrokerHandle<L> {
    Broker::bind(config(switch), local)
        .unwrap()
        .spawn()
        .unwrap()
}

/// Waits until something holds.
pub(crate) fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

pub(crate) struct RawClient {
    pub(crate) reader: BufReader<TcpStream>,
}

/// What most tests send first: no `+OK`, headers, 503 wanted.
pub(crate) const QUIET: &str = r#"{"verbose":false,"headers":true,"no_responders":true}"#;

impl RawClient {
    /// Connects and reads `INFO`, without sending anything.
    pub(crate) fn silent(address: SocketAddr) -> RawClient {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let mut client = RawClient {
            reader: BufReader::new(socket),
        };
        let info = client.line().unwrap();
        assert!(info.starts_with("INFO {"), "{info}");
        client
    }

    /// Connects, and waits until the broker has read its `CONNECT`.
    pub(crate) fn connect(address: SocketAddr, json: &str) -> RawClient {
        let mut client = RawClient::silent(address);
        client.send(format!("CONNECT {json}\r\n"));
        if !json.contains(r#""verbose":false"#) {
            client.expect("+OK");
        }
        client.assert_alive();
        client
    }

    pub(crate) fn quiet(address: SocketAddr) -> RawClient {
        RawClient::connect(address, QUIET)
    }

    pub(crate) fn send(&mut self, text: impl AsRef<[u8]>) {
        self.reader.get_mut().write_all(text.as_ref()).unwrap();
    }

    /// The next line without its end; `None` once the broker closed.
    pub(crate) fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
            Err(error) => panic!("nothing came: {error}"),
        }
        Some(String::from_utf8(line).unwrap().trim_end().to_owned())
    }

    pub(crate) fn expect(&mut self, expected: &str) {
        assert_eq!(self.line().as_deref(), Some(expected));
    }

    /// The next message: its control line, then headers and body as one text.
    pub(crate) fn message(&mut self) -> (String, String) {
        let line = self.line().unwrap();
        let size = line.rsplit(' ').next().unwrap().parse().unwrap();
        let mut payload = vec![0; size];
        self.reader.read_exact(&mut payload).unwrap();
        self.expect("");
        (line, String::from_utf8(payload).unwrap())
    }

    pub(crate) fn assert_alive(&mut self) {
        self.send("PING\r\n");
        self.expect("PONG");
    }

    pub(crate) fn assert_closed(&mut self) {
        assert_eq!(self.line(), None);
    }
}
