use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::net::SocketAddr;

use aegis_nats::LocalPeer;
use aegis_nats::switch::{Switch, SwitchConfig};
use mio::{Interest, Poll, Token, Waker};
use thiserror::Error;

use crate::accept::Acceptor;
use crate::bind::bind;
use crate::descriptors::make_room;
use crate::event_loop::EventLoop;
use crate::look::looks;
use crate::{BindError, BrokerConfig, BrokerHandle, Looker, SharedStatus, StopHandle};

/// Tokens of what is no connection; those of connections are their peer ids.
pub(crate) const WAKER: Token = Token(usize::MAX);
pub(crate) const LISTENER: Token = Token(usize::MAX - 1);

/// A broker that listens but does not run yet.
#[derive(Debug)]
pub struct Broker<L> {
    addresses: Vec<SocketAddr>,
    stop: StopHandle,
    status: SharedStatus,
    looker: Looker<L>,
    event_loop: EventLoop<L>,
}

/// Why a broker stopped without being asked to.
#[derive(Debug, Error)]
pub enum RunError {
    /// The system does not tell any more which sockets are ready.
    #[error("the broker cannot wait for its sockets")]
    Poll(#[source] io::Error),
}

impl<L: LocalPeer> Broker<L> {
    /// Listens, so that whoever connects from now on is served once the broker runs.
    pub fn bind(mut config: BrokerConfig, local: L) -> Result<Broker<L>, BindError> {
        let limits = &mut config.switch.limits;
        let (max_pending, max_payload) = (limits.max_pending, limits.protocol.max_payload);
        if max_pending < max_payload {
            return Err(BindError::PendingBelowPayload {
                max_pending,
                max_payload,
            });
        }
        let total = limits.max_pending_total;
        if total < max_pending {
            return Err(BindError::TotalBelowPending { total, max_pending });
        }
        limits.max_connections =
            make_room(limits.max_connections, config.is_max_connections_asked_for)?;
        let mut listeners = bind(config.listen)?;
        let mut addresses = Vec::with_capacity(listeners.len());
        let poll = Poll::new().map_err(BindError::Setup)?;
        for listener in &mut listeners {
            addresses.push(listener.local_addr().map_err(BindError::Setup)?);
            poll.registry()
                .register(listener, LISTENER, Interest::READABLE)
                .map_err(BindError::Setup)?;
        }
        let waker = Waker::new(poll.registry(), WAKER).map_err(BindError::Setup)?;
        let stop = StopHandle::new(waker);
        let status = SharedStatus::default();
        let (looker, looks) = looks(stop.clone());
        let switch = Switch::new(completed(config.switch, &addresses), local);
        let acceptor = Acceptor::new(listeners);
        let event_loop = EventLoop::new(
            poll,
            acceptor,
            switch,
            (config.shutdown_grace, config.shutdown_spread),
            stop.clone(),
            status.clone(),
            looks,
        );
        Ok(Broker {
            addresses,
            stop,
            status,
            looker,
            event_loop,
        })
    }

    /// Where it listens; the first is the one that was asked for, with the port that was chosen.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Stops it, also before it runs.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// What it does.
    pub fn status(&self) -> SharedStatus {
        self.status.clone()
    }

    /// Looks at its local peer while it runs.
    pub fn looker(&self) -> Looker<L> {
        self.looker.clone()
    }

    /// Runs on this thread until it is stopped; gives the local peer back.
    pub fn run(self) -> Result<L, RunError> {
        self.event_loop.run()
    }

    /// Runs on a thread of its own.
    pub fn spawn(self) -> io::Result<BrokerHandle<L>>
    where
        L: Send + 'static,
    {
        let event_loop = self.event_loop;
        BrokerHandle::spawn(self.addresses, self.stop, self.status, move || {
            event_loop.run()
        })
    }
}

/// Fills in what is only known now, and what must differ with each start.
fn completed(mut config: SwitchConfig, addresses: &[SocketAddr]) -> SwitchConfig {
    if let Some(address) = addresses.first() {
        config.host = address.ip().to_string();
        config.port = address.port();
    }
    // The standard library seeds these from the operating system.
    let random = || RandomState::new().hash_one(0u8);
    if config.seed == 0 {
        config.seed = random();
    }
    if config.server_id.is_empty() {
        config.server_id = format!("{:016X}{:016X}", random(), random());
    }
    config
}
