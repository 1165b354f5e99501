use std::io;

use aegis_bench::{Ready, RouterOrder, say};
use aegis_bus::{Auth, ConnectOptions, Secret, SecretSource, ServerAddress};
use aegis_router::{NatsRouterConfig, NatsRouterHandle, Phase};
use anyhow::{Context as _, bail};

/// A router as `aegis router --nats` starts it, with default settings.
pub(super) async fn run(order: &RouterOrder) -> anyhow::Result<()> {
    let servers = ServerAddress::parse_list(&order.server)?;
    let system_auth = order.system_user.as_ref().map(|(user, password)| {
        let password = SecretSource::Given(Secret::new(password));
        Auth::UserPassword {
            user: user.clone(),
            password,
        }
    });
    let router = NatsRouterHandle::start(NatsRouterConfig {
        system_auth,
        ..NatsRouterConfig::new(ConnectOptions::new(servers))
    })?;
    let status = router.status();
    let mut phases = status.phases();
    let settled = |phase: &Phase| matches!(phase, Phase::Serving | Phase::Ended);
    let phase = phases.wait_for(settled).await.context("the router ended")?;
    if *phase != Phase::Serving {
        bail!("the router did not serve");
    }
    drop(phase);
    say(&Ready { server: None })?;
    // An error is an end as well.
    let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    router.stop()?;
    Ok(())
}
