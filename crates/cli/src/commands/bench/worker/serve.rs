use std::time::Duration;

use aegis_bench::{Ready, ServeOrder, say, until_stdin_closes};
use aegis_client::{Client, Safety, Service};
use tokio::task::JoinSet;

use super::super::{METHOD, SERVICE, WORK};

/// Instances on one connection: each has a subscription, and those of a connection are limited.
const PER_CONNECTION: usize = 250;

/// One or more instances of the service, until stdin ends.
pub(super) async fn run(order: &ServeOrder) -> anyhow::Result<()> {
    let end = until_stdin_closes()?;
    let mut starting = JoinSet::new();
    for first in (0..order.instances).step_by(PER_CONNECTION) {
        let client = Client::connect(&order.server).await?;
        for number in first..order.instances.min(first + PER_CONNECTION) {
            let id = match order.instances {
                1 => order.instance.clone(),
                _ => format!("{}-{number}", order.instance),
            };
            let (client, service) = (client.clone(), service(id, order.work));
            starting.spawn(async move { client.serve(service).await });
        }
    }
    let mut serving = Vec::with_capacity(order.instances);
    while let Some(started) = starting.join_next().await {
        serving.push(started??);
    }
    say(&Ready::default())?;
    end.await;
    Ok(())
}

fn service(id: String, work: Duration) -> Service {
    Service::new(SERVICE)
        .instance_id(id)
        .raw_method(METHOD, Safety::Idempotent, |_, body| async { Ok(body) })
        .method(WORK, Safety::Idempotent, move |context, ()| async move {
            tokio::time::sleep(work).await;
            Ok(context.attempt())
        })
}
