use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use aegis_nats::switch::SwitchConfig;

/// The port NATS servers listen on.
const NATS_PORT: u16 = 4222;

/// How a broker runs.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// Where it listens. With `127.0.0.1` or `::1` it listens on both, where the machine has both;
    /// nothing but loopback is taken. Port 0 picks one that is free on both.
    pub listen: SocketAddr,
    /// The switch. Its `host` and `port` are filled in when the port is known.
    pub switch: SwitchConfig,
    /// Whether somebody asked for exactly the `max_connections` of the switch. A system that does
    /// not grant so many is an error then; else fewer are taken, with a warning.
    pub is_max_connections_asked_for: bool,
    /// How long a shutdown waits for the local peer to finish and for output to be written.
    pub shutdown_grace: Duration,
    /// After that, over which span the connections are closed that are still there: a few at a time,
    /// so that their clients do not all come to another server at once. Few go at once.
    pub shutdown_spread: Duration,
}

impl Default for BrokerConfig {
    fn default() -> BrokerConfig {
        BrokerConfig {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), NATS_PORT),
            switch: SwitchConfig::default(),
            is_max_connections_asked_for: false,
            shutdown_grace: Duration::from_secs(5),
            shutdown_spread: Duration::from_secs(1),
        }
    }
}
