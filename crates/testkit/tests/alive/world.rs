use std::future::Future;
use std::time::{Duration, Instant};

use aegis_client::{Client, InstanceEntry};
use aegis_core::Config;
use aegis_testkit::TestRouter;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub(crate) const LEASE_TTL: Duration = Duration::from_secs(3);
pub(crate) const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// How much later than on an idle machine things may happen on the one that runs these tests.
pub(crate) const SLACK: Duration = Duration::from_millis(500);

/// Of leases and intervals as these tests have them.
pub(crate) fn settings() -> Config {
    Config {
        heartbeat_interval: HEARTBEAT_INTERVAL,
        lease_ttl: LEASE_TTL,
        ..Config::default()
    }
}

/// A router in this process.
pub(crate) fn router() -> TestRouter {
    TestRouter::start_with(settings())
}

/// A client that nothing stands between and the router: it makes calls, and sees who is alive.
pub(crate) struct Onlooker {
    runtime: Runtime,
    client: Client,
}

impl Onlooker {
    pub(crate) fn at(url: &str) -> Onlooker {
        let runtime = Runtime::new().expect("a runtime");
        let client = runtime
            .block_on(Client::connect(url))
            .expect("a connection");
        Onlooker { runtime, client }
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub(crate) fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.runtime.spawn(future)
    }

    /// What came of it; its panic is this test's.
    pub(crate) fn join<T>(&self, task: JoinHandle<T>) -> T {
        self.run(task).expect("the task to end well")
    }

    /// What the router says of the instances of a service; nothing while it does not say.
    pub(crate) fn instances(&self, service: &str) -> Vec<InstanceEntry> {
        self.run(self.client.instances(service)).unwrap_or_default()
    }

    pub(crate) fn instance(&self, service: &str, instance: &str) -> Option<InstanceEntry> {
        self.instances(service)
            .into_iter()
            .find(|entry| entry.instance == instance)
    }

    /// Looks on for `span` and asserts each time that `holds`.
    pub(crate) fn watch(&self, service: &str, span: Duration, holds: impl Fn(&[InstanceEntry])) {
        let end = Instant::now() + span;
        while Instant::now() < end {
            holds(&self.instances(service));
            breathe();
        }
    }
}

/// For how long nothing was heard of it.
pub(crate) fn silent_for(entry: &InstanceEntry) -> Duration {
    Duration::from_millis(entry.last_heartbeat_ms_ago)
}

/// Who looks on must not take the core that it looks at.
pub(crate) fn breathe() {
    // tidy: allow sleep: a pause between looks at a condition
    std::thread::sleep(Duration::from_millis(2));
}
