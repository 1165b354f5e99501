use std::collections::HashMap;
use std::time::{Duration, Instant};

use aegis_bench::{CountOrder, Ready, say, until_stdin_closes};
use aegis_wire::instance::HeartbeatRequest;
use async_nats::{Client, Message, Subject, Subscriber};
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::time::timeout;

/// The sender is told of at least every so many: far fewer than may be on their way.
const TELL_EVERY: u64 = 1000;
/// With nothing to take for this long, it is told of all.
const IDLE: Duration = Duration::from_millis(2);

/// Decodes heartbeats and notes when each instance was last heard of, until stdin ends.
pub(crate) async fn run(order: &CountOrder) -> anyhow::Result<()> {
    let end = until_stdin_closes()?;
    let client = async_nats::connect(&order.server).await?;
    let heartbeats = client.subscribe(order.subject.clone()).await?;
    client.flush().await?;
    say(&Ready::default())?;
    let mut count = Count {
        client,
        credit: order.credit.clone().into(),
        last_heard: HashMap::new(),
        taken: 0,
        told: 0,
    };
    tokio::select! {
        counted = count.all(heartbeats) => counted,
        () = end => Ok(()),
    }
}

struct Count {
    client: Client,
    credit: Subject,
    last_heard: HashMap<String, Instant>,
    taken: u64,
    told: u64,
}

impl Count {
    async fn all(&mut self, mut heartbeats: Subscriber) -> anyhow::Result<()> {
        loop {
            let next = match heartbeats.next().now_or_never() {
                Some(next) => next,
                None => match timeout(IDLE, heartbeats.next()).await {
                    Ok(next) => next,
                    Err(_) => {
                        self.tell().await?;
                        heartbeats.next().await
                    }
                },
            };
            let Some(message) = next else { return Ok(()) };
            self.take(&message)?;
            if self.taken - self.told >= TELL_EVERY {
                self.tell().await?;
            }
        }
    }

    /// What a router does at the least.
    fn take(&mut self, message: &Message) -> anyhow::Result<()> {
        let heartbeat = HeartbeatRequest::decode(&message.payload)?;
        let now = Instant::now();
        match self.last_heard.get_mut(heartbeat.instance_id) {
            Some(last) => *last = now,
            None => {
                self.last_heard
                    .insert(heartbeat.instance_id.to_owned(), now);
            }
        }
        self.taken += 1;
        Ok(())
    }

    async fn tell(&mut self) -> anyhow::Result<()> {
        if self.told < self.taken {
            self.told = self.taken;
            let count = self.taken.to_string().into();
            self.client.publish(self.credit.clone(), count).await?;
        }
        Ok(())
    }
}
