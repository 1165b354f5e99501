use std::sync::Arc;

use aegis_bench::{CallOrder, Target, make_calls, say};
use aegis_client::Client;
use aegis_wire::value::Writer;

use super::super::{METHOD, SERVICE};

/// Most bytes that MessagePack puts before a body of that many.
const BODY_HEAD: usize = 5;

/// Makes the ordered calls and reports.
pub(super) async fn run(order: &CallOrder) -> anyhow::Result<()> {
    let body: Arc<[u8]> = body(order.body).into();
    let mut targets = Vec::with_capacity(order.connections);
    for _ in 0..order.connections {
        let client = Client::connect(&order.server).await?;
        let body = Arc::clone(&body);
        targets.push(Instance { client, body });
    }
    say(&make_calls(order, &targets).await?)?;
    Ok(())
}

/// Bytes as one MessagePack value: so many in all, like a plain NATS message of that length. Too
/// few for that are as few as can be.
fn body(length: usize) -> Vec<u8> {
    let zeros = vec![0; length];
    let mut body = Vec::with_capacity(length + BODY_HEAD);
    for shorter in 0..=BODY_HEAD {
        body.clear();
        Writer::new(&mut body).bin(zeros.get(shorter..).unwrap_or_default());
        if body.len() <= length {
            break;
        }
    }
    body
}

#[derive(Clone)]
struct Instance {
    client: Client,
    body: Arc<[u8]>,
}

impl Target for Instance {
    async fn call(&self) -> Result<(), String> {
        let answered = self.client.call_raw(SERVICE, METHOD, &self.body).await;
        let answer = answered.map_err(|error| error.to_string())?;
        if answer.len() == self.body.len() {
            Ok(())
        } else {
            Err("the answer is not what was sent".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::body;

    #[test]
    fn a_body_has_the_asked_length() {
        for length in [2, 128, 4096, 70_000] {
            assert_eq!(body(length).len(), length);
        }
    }
}
