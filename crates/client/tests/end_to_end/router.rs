//! What every test needs: a router of its own, clients, and waiting for a condition.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aegis_client::{Client, Context, Safety, Service};
use aegis_router::{RouterConfig, RouterHandle};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// Longest wait for anything that should happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A router on a port of its own. Dropping it stops it at once.
pub(crate) struct Router {
    handle: RouterHandle,
}

impl Router {
    pub(crate) fn start() -> Router {
        Router::start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    pub(crate) fn start_at(listen: SocketAddr) -> Router {
        Router::start_with(|config| config.broker.listen = listen)
    }

    pub(crate) fn start_with(change: impl FnOnce(&mut RouterConfig)) -> Router {
        let mut config = RouterConfig::default();
        config.broker.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        config.core.heartbeat_interval = Duration::from_millis(100);
        config.core.lease_ttl = Duration::from_secs(2);
        change(&mut config);
        let handle = RouterHandle::start(config).expect("a free port");
        Router { handle }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        *self.handle.addresses().first().expect("it listens")
    }

    pub(crate) fn url(&self) -> String {
        url(self.address())
    }

    pub(crate) fn connections(&self) -> usize {
        self.handle.status().look().connections
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&self.url()).await.unwrap()
    }
}

pub(crate) fn url(address: SocketAddr) -> String {
    format!("nats://{address}")
}

/// A service whose heartbeats are quick enough for tests.
pub(crate) fn quick(name: &str, instance: &str) -> Service {
    Service::new(name)
        .instance_id(instance)
        .heartbeat_interval(Duration::from_millis(100))
}

/// The service `slow`, whose method `pass` runs until the gate lets it go.
pub(crate) fn gated() -> (Service, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let pass = Arc::clone(&gate);
    let service =
        quick("slow", "s-1").method("pass", Safety::AtMostOnce, move |_: Context, (): ()| {
            let pass = Arc::clone(&pass);
            async move {
                pass.acquire().await?.forget();
                Ok("done")
            }
        });
    (service, gate)
}

/// Waits until something is so.
pub(crate) async fn eventually<F>(what: &str, mut condition: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let deadline = Instant::now() + SOON;
    while !condition().await {
        assert!(Instant::now() < deadline, "never came true: {what}");
        // tidy: allow sleep: a pause between looks at a condition
        sleep(Duration::from_millis(5)).await;
    }
}
