use std::time::Duration;

use aegis_client::{Client, Context, HandlerError, Safety, Service, Serving};
use aegis_testkit::{Direction, FaultProxy, ProxiedConnection};

use crate::world::{HEARTBEAT_INTERVAL, Onlooker};

/// An instance in this process, with a network of its own between it and the router.
pub(crate) struct Member {
    pub(crate) network: FaultProxy,
    _serving: Serving,
}

impl Member {
    pub(crate) fn join(onlooker: &Onlooker, port: u16, service: &str, instance: &str) -> Member {
        let network = FaultProxy::in_front_of(port);
        let serving = onlooker.run(async {
            let client = Client::connect(&network.url()).await.expect("a connection");
            client.serve(declare(service, instance)).await
        });
        Member {
            network,
            _serving: serving.expect("a free name"),
        }
    }

    /// Nothing that its lifeline says arrives: its calls go on, its heartbeats are held.
    pub(crate) fn hold_heartbeats(&self) {
        for lifeline in self.lifelines() {
            lifeline.silence(Direction::ToBroker);
        }
    }

    fn lifelines(&self) -> impl Iterator<Item = std::sync::Arc<ProxiedConnection>> {
        let connections = self.network.connections().into_iter();
        connections.filter(|connection| connection.opening().contains("lifeline"))
    }
}

fn declare(service: &str, instance: &str) -> Service {
    Service::new(service)
        .instance_id(instance)
        .heartbeat_interval(HEARTBEAT_INTERVAL)
        .method("work", Safety::Idempotent, work)
}

/// Takes that many milliseconds and says who did it.
async fn work(context: Context, millis: u64) -> Result<String, HandlerError> {
    if millis > 0 {
        // tidy: allow sleep: the handler's own work takes that long
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
    Ok(context.instance().to_owned())
}
