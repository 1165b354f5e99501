use std::io;

use aegis_bench::{Ready, RouterReport, say};
use aegis_router::{RouterConfig, RouterHandle};
use anyhow::Context as _;

/// A router as `aegis router` starts it, with default settings and on a free port. Says at its end
/// what it counted.
pub(super) fn run() -> anyhow::Result<()> {
    let mut config = RouterConfig::default();
    config.broker.listen.set_port(0);
    let router = RouterHandle::start(config)?;
    let address = router
        .addresses()
        .first()
        .context("the router listens nowhere")?;
    say(&Ready {
        server: Some(format!("nats://{address}")),
    })?;
    // An error is an end as well.
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    let driver = router.stop()?;
    let (core, refused) = (driver.core().counters(), driver.counters().refused_messages);
    // Nobody may listen any more.
    let _ = say(&RouterReport {
        heartbeats: core.heartbeats,
        heartbeats_refused: core.heartbeats_refused,
        messages_refused: refused,
    });
    Ok(())
}
