//! Leaving without losing a call.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aegis_client::{CallError, Client, Context, Lifecycle, Safety, Service, Serving, StopReason};
use tokio::task::JoinSet;

use crate::heartbeats::Eavesdropper;
use crate::router::{Router, eventually, gated, quick};

const CONFIRMED: StopReason = StopReason::Deregistered { confirmed: true };

/// Rounds of a rolling restart, and instances in each.
const ROUNDS: usize = 20;
const INSTANCES: usize = 3;

#[tokio::test]
async fn a_draining_instance_goes_on_with_what_it_has_and_stays_alive() {
    let router = Router::start_with(|config| config.lease_ttl = Duration::from_millis(400));
    let client = router.client().await;
    let (service, gate) = gated();
    let serving = client.serve(service).await.unwrap();
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.call::<_, String>("slow", "pass", &()).await });
    eventually("the handler runs", || async {
        serving.status().running == 1
    })
    .await;
    let mut ear = Eavesdropper::on(&router).await;
    let draining = tokio::spawn(serving.drain());
    eventually("no work is sent to it any more", || async {
        let entry = client.instances("slow").await.unwrap().remove(0);
        !entry.routable
    })
    .await;
    let refused = client.call::<_, String>("slow", "pass", &()).await;
    assert_eq!(refused.unwrap_err().code(), "NO_ROUTABLE_INSTANCE");
    // Longer than its lease.
    for _ in 0..8 {
        let heard = ear.until("a heartbeat", |_| true).await;
        assert_eq!(heard.lifecycle, Lifecycle::Draining);
        assert_eq!(heard.in_flight, 1);
    }
    let entry = client.instances("slow").await.unwrap().remove(0);
    assert_eq!(entry.health, "healthy");
    gate.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap(), "done");
    assert_eq!(draining.await.unwrap(), CONFIRMED);
    assert_eq!(client.instances("slow").await.unwrap(), []);
}

#[tokio::test]
async fn draining_is_bounded_and_goes_on_when_nobody_waits_for_it() {
    let router = Router::start();
    let client = router.client().await;
    let service = quick("stuck", "s-1")
        .drain_timeout(Duration::from_millis(200))
        .method("hang", Safety::AtMostOnce, |_: Context, (): ()| async {
            std::future::pending::<()>().await;
            Ok(())
        });
    let serving = client.serve(service).await.unwrap();
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.call::<_, ()>("stuck", "hang", &()).await });
    eventually("the handler runs", || async {
        serving.status().running == 1
    })
    .await;
    let impatient = tokio::time::timeout(Duration::from_millis(1), serving.drain()).await;
    assert!(impatient.is_err());
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.code(), "OUTCOME_UNKNOWN", "{error}");
    eventually("it is gone all the same", || async {
        client.instances("stuck").await.unwrap().is_empty()
    })
    .await;
}

/// Callers that go on until told, and what they met.
struct Load {
    enough: Arc<AtomicBool>,
    callers: JoinSet<(usize, Vec<CallError>)>,
}

impl Load {
    fn on(clients: impl IntoIterator<Item = (Client, &'static str)>) -> Load {
        let enough = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for (client, method) in clients {
            let enough = Arc::clone(&enough);
            callers.spawn(async move {
                let (mut done, mut failed) = (0, Vec::new());
                while !enough.load(Ordering::Relaxed) {
                    match client.call::<_, ()>("rolling", method, &()).await {
                        Ok(()) => done += 1,
                        Err(error) => failed.push(error),
                    }
                }
                (done, failed)
            });
        }
        Load { enough, callers }
    }

    async fn end(mut self) -> (usize, Vec<CallError>) {
        self.enough.store(true, Ordering::Relaxed);
        let (mut done, mut failed) = (0, Vec::new());
        while let Some(caller) = self.callers.join_next().await {
            let (more, others) = caller.unwrap();
            done += more;
            failed.extend(others);
        }
        (done, failed)
    }
}

/// One life of one instance, with a connection of its own.
async fn life(router: &Router, id: usize, runs: &Arc<AtomicUsize>) -> (Client, Serving) {
    let client = router.client().await;
    let runs = Arc::clone(runs);
    let work = move |_: Context, (): ()| {
        runs.fetch_add(1, Ordering::Relaxed);
        async {
            // tidy: allow sleep: the handler's own work, so that there is something to finish
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok(())
        }
    };
    let service: Service = quick("rolling", &format!("r-{id}"))
        .method("once", Safety::AtMostOnce, work.clone())
        .method("again", Safety::Idempotent, work);
    let serving = client.serve(service).await.unwrap();
    (client, serving)
}

#[tokio::test]
async fn a_rolling_restart_loses_no_call() {
    let router = Router::start();
    let runs = Arc::new(AtomicUsize::new(0));
    let mut lives = VecDeque::new();
    for id in 0..INSTANCES {
        lives.push_back(life(&router, id, &runs).await);
    }
    let caller = router.client().await;
    let methods = ["once", "again"].into_iter().cycle().take(8);
    let load = Load::on(methods.map(|method| (caller.clone(), method)));
    for _ in 0..ROUNDS {
        for id in 0..INSTANCES {
            let (client, serving) = lives.pop_front().unwrap();
            assert_eq!(serving.drain().await, CONFIRMED);
            client.close().await;
            lives.push_back(life(&router, id, &runs).await);
        }
    }
    let (done, failed) = load.end().await;
    assert!(
        failed.is_empty(),
        "{} of {done}: {:?}",
        failed.len(),
        failed.first()
    );
    assert!(done > ROUNDS * INSTANCES * 8, "only {done} calls were made");
    assert_eq!(runs.load(Ordering::Relaxed), done, "each ran once");
}
