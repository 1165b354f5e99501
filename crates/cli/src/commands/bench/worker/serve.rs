use aegis_bench::{Ready, ServeOrder, say, until_stdin_closes};
use aegis_client::{Client, Safety, Service};

use super::{METHOD, SERVICE};

/// An instance of the service, until stdin ends.
pub(super) async fn run(order: &ServeOrder) -> anyhow::Result<()> {
    let end = until_stdin_closes()?;
    let client = Client::connect(&order.server).await?;
    let mut service =
        Service::new(SERVICE).raw_method(METHOD, Safety::Idempotent, |_, body| async { Ok(body) });
    if let Some(instance) = &order.instance {
        service = service.instance_id(instance);
    }
    let _serving = client.serve(service).await?;
    say(&Ready::default())?;
    end.await;
    Ok(())
}
