use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use aegis_testkit::{FaultProxy, PATIENCE, wait_for};

/// How long nothing has to come before it is believed that nothing comes.
pub(crate) const A_WHILE: Duration = Duration::from_millis(150);

/// A proxy in front of a listener that tests play the broker on.
pub(crate) struct Stage {
    listener: TcpListener,
    pub(crate) proxy: FaultProxy,
}

/// The two ends of one connection.
pub(crate) struct Ends {
    pub(crate) client: TcpStream,
    pub(crate) broker: TcpStream,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        // So that a connection that never comes is a failure and not a hang.
        listener.set_nonblocking(true).expect("a listener");
        let port = listener.local_addr().expect("its address").port();
        Stage {
            listener,
            proxy: FaultProxy::in_front_of(port),
        }
    }

    pub(crate) fn connect(&self) -> Ends {
        let client = self.client();
        let broker = self.accept();
        Ends { client, broker }
    }

    pub(crate) fn client(&self) -> TcpStream {
        patient(TcpStream::connect(("127.0.0.1", self.proxy.port())).expect("it listens"))
    }

    pub(crate) fn accept(&self) -> TcpStream {
        let (broker, _) = wait_for("the proxy to connect", || self.listener.accept().ok());
        broker.set_nonblocking(false).expect("a socket");
        patient(broker)
    }
}

fn patient(socket: TcpStream) -> TcpStream {
    socket
        .set_read_timeout(Some(PATIENCE))
        .expect("a socket takes a timeout");
    socket
}

/// Writes at one end.
pub(crate) fn say(from: &mut TcpStream, text: &str) {
    from.write_all(text.as_bytes()).expect("an open socket");
}

/// Reads exactly this at the other end.
pub(crate) fn hear(to: &mut TcpStream, text: &str) {
    let mut heard = vec![0; text.len()];
    to.read_exact(&mut heard).expect("something to read");
    assert_eq!(String::from_utf8_lossy(&heard), text);
}

/// Reads everything up to a close in order.
pub(crate) fn hear_all(to: &mut TcpStream) -> String {
    let mut heard = String::new();
    to.read_to_string(&mut heard).expect("a close in order");
    heard
}

/// Waits a while for nothing.
pub(crate) fn hear_nothing(to: &mut TcpStream) {
    to.set_read_timeout(Some(A_WHILE)).expect("a timeout");
    let heard = to.read(&mut [0; 16]);
    to.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    match heard {
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
        other => panic!("heard something: {other:?}"),
    }
}
