use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use aegis_broker::BrokerConfig;
use aegis_core::Config;
use aegis_router::{Driver, RouterConfig, RouterHandle, StartError};

/// A router in this process, on a free loopback port. Stops when dropped.
#[derive(Debug)]
pub struct TestRouter {
    handle: RouterHandle,
}

impl TestRouter {
    /// With the default settings.
    pub fn start() -> TestRouter {
        TestRouter::start_with(Config::default())
    }

    /// With these leases and limits.
    pub fn start_with(core: Config) -> TestRouter {
        TestRouter::start_on(0, core)
    }

    /// On this port: for a router that comes back where an earlier one was.
    pub fn start_on(port: u16, core: Config) -> TestRouter {
        let listen = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
        TestRouter::try_start(listen, core).expect("a router on a free port")
    }

    /// As [`TestRouter::start_on`], for ports that may be taken.
    ///
    /// # Errors
    ///
    /// Those of [`RouterHandle::start`].
    pub fn try_start(listen: SocketAddr, core: Config) -> Result<TestRouter, StartError> {
        let broker = BrokerConfig {
            listen,
            shutdown_grace: Duration::from_secs(1),
            ..BrokerConfig::default()
        };
        let config = RouterConfig {
            broker,
            core,
            ..RouterConfig::default()
        };
        Ok(TestRouter {
            handle: RouterHandle::start(config)?,
        })
    }

    /// Where clients connect.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port())
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.handle.addresses()[0].port()
    }

    /// The handle, for what this wrapper does not offer.
    pub fn handle(&self) -> &RouterHandle {
        &self.handle
    }

    /// Stops it in order and gives the driver back for a last look.
    pub fn stop(self) -> Driver {
        self.handle.stop().expect("the router's thread ends well")
    }
}
