use aegis_bench::{Ready, ServeOrder, say, until_stdin_closes};
use futures_util::StreamExt as _;

use crate::SUBJECT;

/// Answers each request with its own body until stdin ends.
pub(crate) async fn run(order: &ServeOrder) -> anyhow::Result<()> {
    let end = until_stdin_closes()?;
    let client = async_nats::connect(&order.server).await?;
    let mut requests = client.subscribe(SUBJECT).await?;
    client.flush().await?;
    say(&Ready::default())?;
    let answer = async {
        while let Some(request) = requests.next().await {
            if let Some(reply) = request.reply {
                client.publish(reply, request.payload).await?;
            }
        }
        anyhow::Ok(())
    };
    tokio::select! {
        answered = answer => answered,
        () = end => Ok(()),
    }
}
