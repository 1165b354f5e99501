//! What every test needs: a router of its own, clients, and waiting for a condition.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aegis_client::{Client, Context, Safety, Service};
use aegis_testkit::{Config, TestRouter};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

/// Longest wait for anything that should happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A router with its broker on a port of its own. Dropping it stops both.
pub(crate) struct Router {
    router: TestRouter,
}

impl Router {
    pub(crate) fn start() -> Router {
        Router::start_at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    pub(crate) fn start_at(listen: SocketAddr) -> Router {
        let router = TestRouter::start_on(listen.port(), settings());
        Router { router }
    }

    pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> Router {
        let mut core = settings();
        change(&mut core);
        let router = TestRouter::start_with(core);
        Router { router }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.router.address()
    }

    pub(crate) fn url(&self) -> String {
        self.router.url()
    }

    pub(crate) fn connections(&self) -> usize {
        self.router.connections()
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&self.url()).await.unwrap()
    }
}

fn settings() -> Config {
    Config {
        heartbeat_interval: Duration::from_millis(100),
        lease_ttl: Duration::from_secs(2),
        ..Config::default()
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
