//! A router in a process that tests may pause and kill: `test_router PLACE LEASE_TTL_MS`. The place is
//! the URL of a NATS server with a system account, or the port of its own broker; port 0 is a free one,
//! and it says which. The heartbeat interval is a third of the lease TTL.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use aegis_broker::BrokerConfig;
use aegis_core::Config;
use aegis_router::{RouterConfig, RouterHandle};
use aegis_testkit::{serving_router, system_account, wait_for};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    aegis_testkit::end_with_parent();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [place, lease_ttl_ms] = &arguments[..] else {
        return Err("usage: test_router URL|PORT LEASE_TTL_MS".into());
    };
    let lease_ttl = Duration::from_millis(lease_ttl_ms.parse()?);
    let core = Config {
        heartbeat_interval: lease_ttl / 3,
        lease_ttl,
        ..Config::default()
    };
    if let Ok(port) = place.parse() {
        // Whoever was given the port since an earlier life is waited for.
        let router = wait_for("a router on its port", || embedded(port, core.clone()).ok());
        serve(router.addresses()[0].port())
    } else {
        let _router = serving_router(place, core, Some(system_account()))?;
        let (_, port) = place.rsplit_once(':').ok_or("a URL with a port")?;
        serve(port.parse()?)
    }
}

fn embedded(port: u16, core: Config) -> Result<RouterHandle, aegis_router::StartError> {
    let broker = BrokerConfig {
        listen: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port),
        ..BrokerConfig::default()
    };
    RouterHandle::start(RouterConfig {
        broker,
        core,
        ..RouterConfig::default()
    })
}

/// Until it is killed.
fn serve(port: u16) -> Result<(), Box<dyn std::error::Error>> {
    writeln!(std::io::stdout(), "listening on {port}")?;
    loop {
        std::thread::park();
    }
}
