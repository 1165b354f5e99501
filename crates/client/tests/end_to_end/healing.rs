//! Starting in any order, broker loss, blocked runtimes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aegis_client::{
    Client, ConnectError, Context, HandlerError, HeartbeatStatus, Safety, Service, WaitingFor,
};
use tokio::time::Instant;

use crate::router::{Router, eventually, quick, url};

async fn nothing(_: Context, (): ()) -> Result<(), HandlerError> {
    Ok(())
}

fn idle() -> Service {
    quick("idle", "i-1").method("nothing", Safety::Idempotent, nothing)
}

#[tokio::test]
async fn a_client_may_start_before_the_router() {
    let address = Router::start().address();
    let early = tokio::spawn(async move {
        let client = Client::connect(&url(address)).await?;
        let serving = client.serve(idle()).await;
        Ok::<_, ConnectError>((client, serving.unwrap()))
    });
    let error = Client::builder()
        .connect_timeout(Duration::from_millis(50))
        .connect(&url(address))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "CONNECT_TIMEOUT");
    let _router = Router::start_at(address);
    let (client, _serving) = early.await.unwrap().unwrap();
    client.call::<_, ()>("idle", "nothing", &()).await.unwrap();
}

#[tokio::test]
async fn everything_comes_back_after_the_router_did() {
    let mut router = Router::start();
    let address = router.address();
    let client = router.client().await;
    let caller = router.client().await;
    let serving = client.serve(idle()).await.unwrap();
    for _ in 0..5 {
        drop(router);
        eventually("the loss is seen", || async {
            serving.status().heartbeats == HeartbeatStatus::Waiting(WaitingFor::Broker)
        })
        .await;
        router = Router::start_at(address);
        eventually("it is registered again", || async {
            serving.status().heartbeats.is_registered()
        })
        .await;
        // The inbox came first: not one call meets a registration without it.
        let begun = Instant::now();
        caller.call::<_, ()>("idle", "nothing", &()).await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(4));
        let entry = caller.instances("idle").await.unwrap().remove(0);
        assert_eq!(
            (entry.health.as_str(), entry.reason.as_str()),
            ("healthy", "welcomed")
        );
    }
}

#[tokio::test]
async fn a_call_waits_for_the_router_within_its_timeout() {
    let router = Router::start();
    let address = router.address();
    let client = router.client().await;
    drop(router);
    eventually("the loss is seen", || async { !client.is_connected() }).await;
    let call = tokio::spawn(async move {
        let request = client.request("nobody", "nothing");
        request
            .timeout(Duration::from_secs(10))
            .send::<_, ()>(&())
            .await
    });
    let _router = Router::start_at(address);
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(
        error.code(),
        "UNKNOWN_SERVICE",
        "the new router answered: {error}"
    );
}

/// Lets the blocked handlers go, also when the test fails: their runtime waits for them.
struct Release(Arc<AtomicBool>);

impl Drop for Release {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Every worker thread of the user's runtime is blocked for longer than a lease lasts.
#[test]
fn blocked_handlers_do_not_stop_heartbeats() {
    let router = Router::start_with(|config| config.lease_ttl = Duration::from_millis(600));
    let release = Arc::new(AtomicBool::new(false));
    let workers = 2;
    let handlers = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .unwrap();
    let release = Release(release);
    let held = Arc::clone(&release.0);
    let url = router.url();
    let serving = handlers.block_on(async {
        let client = Client::connect(&url).await.unwrap();
        let block = move |_: Context, (): ()| {
            let held = Arc::clone(&held);
            async move {
                while !held.load(Ordering::Relaxed) {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                Ok(())
            }
        };
        let service = quick("blocked", "b-1").method("block", Safety::AtMostOnce, block);
        client.serve(service).await.unwrap()
    });
    let watcher = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    watcher.block_on(async {
        let client = router.client().await;
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..workers {
            let client = client.clone();
            calls.spawn(async move { client.call::<_, ()>("blocked", "block", &()).await });
            eventually("one more worker is blocked", || async {
                serving.status().running == calls.len()
            })
            .await;
        }
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            let entry = client.instances("blocked").await.unwrap().remove(0);
            // It says itself that it works badly; it is not taken for dead.
            assert_ne!(entry.health, "unhealthy", "{entry:?}");
            assert!(entry.routable, "{entry:?}");
            let status = serving.status().heartbeats;
            assert!(status.is_registered(), "{status:?}");
            // tidy: allow sleep: a pause between looks, while the workers stay blocked
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(release);
        while let Some(call) = calls.join_next().await {
            call.unwrap().unwrap();
        }
    });
}
