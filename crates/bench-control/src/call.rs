use aegis_bench::{CallOrder, Target, make_calls, say};
use bytes::Bytes;

use crate::SUBJECT;

/// Makes the ordered calls and reports.
pub(crate) async fn run(order: &CallOrder) -> anyhow::Result<()> {
    let body = Bytes::from(vec![0; order.body]);
    let mut targets = Vec::with_capacity(order.connections);
    for _ in 0..order.connections {
        let client = async_nats::connect(&order.server).await?;
        targets.push(Responder {
            client,
            body: body.clone(),
        });
    }
    say(&make_calls(order, &targets).await?)?;
    Ok(())
}

#[derive(Clone)]
struct Responder {
    client: async_nats::Client,
    body: Bytes,
}

impl Target for Responder {
    async fn call(&self) -> Result<(), String> {
        let answered = self.client.request(SUBJECT, self.body.clone()).await;
        let answer = answered.map_err(|error| error.to_string())?;
        if answer.payload.len() == self.body.len() {
            Ok(())
        } else {
            Err("the answer is not what was sent".to_owned())
        }
    }
}
