//! A router, an instance and a caller, who must notice nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aegis_client::{CallError, Client, Context, HandlerError, HeartbeatStatus, Safety, Service};
use aegis_client::{InstanceEntry, Serving};
use aegis_core::Config;
use aegis_testkit::{TestRouter, wait_for};
use tokio::runtime::Runtime;

/// Short: what would cost heartbeats shows soon.
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) fn settings() -> Config {
    Config {
        heartbeat_interval: HEARTBEAT_INTERVAL,
        lease_ttl: Duration::from_secs(2),
        ..Config::default()
    }
}

/// `orders` with its instance `o-1`: `echo` counts, and gives back what it gets.
pub(crate) fn orders(runs: &Arc<AtomicUsize>) -> Service {
    let runs = Arc::clone(runs);
    Service::new("orders")
        .instance_id("o-1")
        .heartbeat_interval(HEARTBEAT_INTERVAL)
        .method(
            "echo",
            Safety::AtMostOnce,
            move |_: Context, text: String| {
                runs.fetch_add(1, Ordering::Relaxed);
                async move { Ok::<_, HandlerError>(text) }
            },
        )
}

/// A service that does nothing.
pub(crate) fn resting(name: &str) -> Service {
    Service::new(name).method("rest", Safety::Idempotent, |_: Context, (): ()| async {
        Ok::<_, HandlerError>(())
    })
}

pub(crate) struct Scene {
    pub(crate) runtime: Runtime,
    pub(crate) router: TestRouter,
    /// On connections of its own.
    pub(crate) client: Client,
    pub(crate) serving: Serving,
    pub(crate) member: Client,
    pub(crate) runs: Arc<AtomicUsize>,
}

impl Scene {
    pub(crate) fn set() -> Scene {
        let router = TestRouter::start_with(settings());
        let runtime = Runtime::new().expect("a runtime");
        let runs = Arc::new(AtomicUsize::new(0));
        let (client, member, serving) = runtime.block_on(async {
            let client = Client::connect(&router.url()).await.expect("a connection");
            let member = Client::connect(&router.url()).await.expect("a connection");
            let serving = member.serve(orders(&runs)).await.expect("a free name");
            (client, member, serving)
        });
        Scene {
            runtime,
            router,
            client,
            serving,
            member,
            runs,
        }
    }

    pub(crate) fn call(&self, text: &str) -> Result<String, CallError> {
        self.runtime
            .block_on(self.client.call("orders", "echo", text))
    }

    pub(crate) fn instance(&self) -> InstanceEntry {
        let listed = self.runtime.block_on(self.client.instances("orders"));
        listed.expect("the router answers").remove(0)
    }

    /// Calls, heartbeats and registrations go on.
    pub(crate) fn goes_on(&self, text: &str) {
        assert_eq!(self.call(text).as_deref().ok(), Some(text));
        let beats = self.instance().last_heartbeat_ms_ago;
        wait_for("another heartbeat to arrive", || {
            let entry = self.instance();
            assert!(entry.routable, "{entry:?}");
            (entry.last_heartbeat_ms_ago < beats.max(1)).then_some(())
        });
        let heartbeats = self.serving.status().heartbeats;
        assert!(
            matches!(heartbeats, HeartbeatStatus::Running { missed: 0 | 1, .. }),
            "{heartbeats:?}"
        );
        self.runtime.block_on(async {
            let newcomer = resting("newcomers");
            let serving = self.member.serve(newcomer).await.expect("it registers");
            serving.unregister().await;
        });
    }
}
