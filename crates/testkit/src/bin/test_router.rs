//! A router in a process that tests may pause and kill: `test_router PORT LEASE_TTL_MS`. Port 0 is
//! a free one; it says which. The heartbeat interval is a third of the lease TTL.

use std::io::Write;
use std::time::Duration;

use aegis_core::Config;
use aegis_testkit::TestRouter;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    aegis_testkit::end_with_parent();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, lease_ttl_ms] = &arguments[..] else {
        return Err("usage: test_router PORT LEASE_TTL_MS".into());
    };
    let lease_ttl = Duration::from_millis(lease_ttl_ms.parse()?);
    let router = TestRouter::start_on(
        port.parse()?,
        Config {
            heartbeat_interval: lease_ttl / 3,
            lease_ttl,
            ..Config::default()
        },
    );
    writeln!(std::io::stdout(), "listening on {}", router.port())?;
    loop {
        std::thread::park();
    }
}
