use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::watch;

use super::lane::{Faults, Lane, LaneEnd};
use super::{Direction, Then};

/// How much of what a client says first is kept.
const OPENING_BYTES: usize = 1024;

/// One connection through a [`FaultProxy`](super::FaultProxy).
#[derive(Debug)]
pub struct ProxiedConnection {
    to_broker: Lane,
    to_client: Lane,
    opening: Mutex<Vec<u8>>,
    stage: watch::Sender<Stage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    Cut,
    Ended,
}

impl ProxiedConnection {
    pub(super) fn new(faults: [Faults; 2]) -> ProxiedConnection {
        let [to_broker, to_client] = faults;
        let (stage, _) = watch::channel(Stage::Open);
        ProxiedConnection {
            to_broker: Lane::new(to_broker),
            to_client: Lane::new(to_client),
            opening: Mutex::default(),
            stage,
        }
    }

    /// What the client said first, at most a kilobyte: a NATS client says its name there.
    pub fn opening(&self) -> String {
        let opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&opening).into_owned()
    }

    /// Bytes relayed so far.
    pub fn relayed(&self, direction: Direction) -> u64 {
        self.lane(direction).relayed()
    }

    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        *self.stage.borrow() == Stage::Open
    }

    /// Closes both sockets; each side is told by its kernel.
    pub fn cut(&self) {
        self.half_open();
        self.stage.send_if_modified(|stage| {
            let was_open = *stage == Stage::Open;
            if was_open {
                *stage = Stage::Cut;
            }
            was_open
        });
    }

    /// See [`FaultProxy::silence`](super::FaultProxy::silence).
    pub fn silence(&self, direction: Direction) {
        self.change(direction, |faults| faults.silent = true);
    }

    /// See [`FaultProxy::half_open`](super::FaultProxy::half_open).
    pub fn half_open(&self) {
        self.silence(Direction::ToBroker);
        self.silence(Direction::ToClient);
    }

    /// See [`FaultProxy::delay`](super::FaultProxy::delay).
    pub fn delay(&self, direction: Direction, delay: Duration) {
        self.change(direction, |faults| faults.delay = delay);
    }

    /// See [`FaultProxy::budget`](super::FaultProxy::budget).
    pub fn budget(&self, direction: Direction, bytes: u64, then: Then) {
        self.change(direction, |faults| faults.budget = Some((bytes, then)));
    }

    /// See [`FaultProxy::heal`](super::FaultProxy::heal).
    pub fn heal(&self) {
        for direction in Direction::BOTH {
            self.change(direction, |faults| *faults = Faults::default());
        }
    }

    pub(super) fn change(&self, direction: Direction, change: impl FnOnce(&mut Faults)) {
        self.lane(direction).change(change);
    }

    /// Relays until both sides are done, one of them breaks, or it is cut.
    pub(super) async fn run(&self, client: TcpStream, broker: SocketAddr) {
        let mut stage = self.stage.subscribe();
        tokio::select! {
            () = self.relay(client, broker) => {}
            // Dropping the sockets closes them.
            _ = stage.wait_for(|stage| *stage == Stage::Cut) => {}
        }
        self.stage.send_replace(Stage::Ended);
    }

    async fn relay(&self, client: TcpStream, broker: SocketAddr) {
        // Where nothing passes, no connection is made either.
        self.to_broker.open().await;
        let Ok(broker) = TcpStream::connect(broker).await else {
            return;
        };
        // Latency is what the tests measure.
        let _ = (client.set_nodelay(true), broker.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_broker, to_broker) = broker.into_split();
        let up = self
            .to_broker
            .relay(from_client, to_broker, |bytes| self.hear(bytes));
        let down = self.to_client.relay(from_broker, to_client, |_| {});
        let (mut up, mut down) = (pin!(up), pin!(down));
        tokio::select! {
            end = &mut up => if let LaneEnd::Finished = end { down.await; },
            end = &mut down => if let LaneEnd::Finished = end { up.await; },
        }
    }

    fn hear(&self, bytes: &[u8]) {
        let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        let room = OPENING_BYTES - opening.len();
        opening.extend(bytes.iter().take(room));
    }

    const fn lane(&self, direction: Direction) -> &Lane {
        match direction {
            Direction::ToBroker => &self.to_broker,
            Direction::ToClient => &self.to_client,
        }
    }
}
