//! Faults of the network between a client and a broker.

mod connection;
mod lane;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use connection::ProxiedConnection;
use lane::Faults;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What clients say.
    ToBroker,
    /// What the broker says.
    ToClient,
}

impl Direction {
    const BOTH: [Direction; 2] = [Direction::ToBroker, Direction::ToClient];
}

/// What happens when a byte budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Both sockets are closed.
    Cut,
    /// This direction falls silent.
    Silence,
}

/// A network that fails on demand: listens on a free loopback port and relays bytes to a broker.
///
/// Each fault is for all connections, those to come as well; [`FaultProxy::connections`] has the
/// same for one of them. A fault is in force when the method returns.
///
/// Like a network under TCP, it never takes bytes out of the middle: what does not pass is held, and
/// comes in order when the fault is healed. Its thread ends when it is dropped.
#[derive(Debug)]
pub struct FaultProxy {
    port: u16,
    shared: Arc<Shared>,
    /// Dropped to end the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    network: Mutex<Network>,
}

#[derive(Debug, Default)]
struct Network {
    /// What connections to come begin with.
    faults: [Faults; 2],
    connections: Vec<Arc<ProxiedConnection>>,
}

impl FaultProxy {
    /// In front of the broker on this loopback port. The broker need not be there yet.
    pub fn in_front_of(port: u16) -> FaultProxy {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .expect("a free port for the proxy");
        listener.set_nonblocking(true).expect("a loopback listener");
        let own_port = listener.local_addr().expect("its address").port();
        let broker = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let accepting = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("fault-proxy".to_owned())
            .spawn(move || run(listener, broker, &accepting, stopped))
            .expect("a thread for the proxy");
        FaultProxy {
            port: own_port,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its own port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The connections that are open now, oldest first.
    pub fn connections(&self) -> Vec<Arc<ProxiedConnection>> {
        self.shared.network().connections.clone()
    }

    /// Closes both sockets of every open connection. A broker reads that as the client's own close.
    pub fn cut(&self) {
        for connection in &self.shared.network().connections {
            connection.cut();
        }
    }

    /// One way: nothing passes in this direction, and nobody is told.
    pub fn silence(&self, direction: Direction) {
        self.change(direction, |faults| faults.silent = true);
    }

    /// Both ways: the sockets stay open, nothing passes. A close does not pass either.
    pub fn half_open(&self) {
        for direction in Direction::BOTH {
            self.silence(direction);
        }
    }

    /// Everything in this direction comes that much later, in order.
    pub fn delay(&self, direction: Direction, delay: Duration) {
        self.change(direction, |faults| faults.delay = delay);
    }

    /// Each connection carries that many bytes more in this direction.
    pub fn budget(&self, direction: Direction, bytes: u64, then: Then) {
        self.change(direction, |faults| faults.budget = Some((bytes, then)));
    }

    /// Ends every fault. What was held goes on at once; what was delayed comes when it was due.
    pub fn heal(&self) {
        for direction in Direction::BOTH {
            self.change(direction, |faults| *faults = Faults::default());
        }
    }

    fn change(&self, direction: Direction, change: impl Fn(&mut Faults)) {
        let mut network = self.shared.network();
        change(&mut network.faults[direction as usize]);
        for connection in &network.connections {
            connection.change(direction, &change);
        }
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // Its panic is in the test's output already.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The open connections and the faults, changed together.
    fn network(&self) -> MutexGuard<'_, Network> {
        let mut network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        network
            .connections
            .retain(|connection| connection.is_open());
        network
    }

    fn admit(&self) -> Arc<ProxiedConnection> {
        let mut network = self.network();
        let connection = Arc::new(ProxiedConnection::new(network.faults));
        network.connections.push(Arc::clone(&connection));
        connection
    }
}

fn run(
    listener: std::net::TcpListener,
    broker: SocketAddr,
    shared: &Shared,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for the proxy");
    // Ends every relay with it.
    runtime.block_on(async {
        let listener = TcpListener::from_std(listener).expect("a loopback listener");
        tokio::select! {
            () = accept(&listener, broker, shared) => {}
            _ = stopped => {}
        }
    });
}

async fn accept(listener: &TcpListener, broker: SocketAddr, shared: &Shared) {
    // A client that is gone before it is accepted is no reason to end.
    loop {
        if let Ok((client, _)) = listener.accept().await {
            let connection = shared.admit();
            tokio::spawn(async move { connection.run(client, broker).await });
        }
    }
}
