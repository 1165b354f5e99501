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
    /// How long a shutdown waits for the local peer to finish and for output to be written.
    pub shutdown_grace: Duration,
}

impl Default for BrokerConfig {
    fn default() -> BrokerConfig {
        BrokerConfig {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), NATS_PORT),
            switch: SwitchConfig::default(),
            shutdown_grace: Duration::from_secs(5),
        }
    }
}
