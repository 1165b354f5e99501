//! The router goes and comes back under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aegis_client::{CallError, Context, RetryWish, Safety};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::router::{Router, SOON, eventually, quick};

const RESTARTS: usize = 6;
const CALLERS: usize = 6;

/// The rejoin takes up to half a second, twice if the first try comes too early.
const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn who_says_unknown_is_carried_over_every_restart() {
    let mut router = Router::start();
    let address = router.address();
    let mut servings = Vec::new();
    for id in ["a", "b"] {
        let client = router.client().await;
        let service = quick("steady", id).method("work", Safety::AtMostOnce, work);
        servings.push(client.serve(service).await.unwrap());
    }
    let caller = router.client().await;
    let enough = Arc::new(AtomicBool::new(false));
    let calls: Vec<_> = (0..CALLERS)
        .map(|_| Arc::new(AtomicUsize::new(0)))
        .collect();
    let mut callers = JoinSet::new();
    for done in &calls {
        let (caller, enough, done) = (caller.clone(), Arc::clone(&enough), Arc::clone(done));
        callers.spawn(async move {
            while !enough.load(Ordering::Relaxed) {
                let request = caller.request("steady", "work").timeout(DEADLINE);
                let begun = Instant::now();
                let request = request.retry(RetryWish::Unknown);
                request.send::<_, ()>(&()).await?;
                assert!(begun.elapsed() < DEADLINE);
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<(), CallError>(())
        });
    }
    for _ in 0..RESTARTS {
        drop(router);
        router = Router::start_at(address);
        eventually("every instance takes calls again", || async {
            let instances = caller.instances("steady").await.unwrap_or_default();
            instances.len() == 2 && instances.iter().all(|entry| entry.routable)
        })
        .await;
        caller.call::<_, ()>("steady", "work", &()).await.unwrap();
        // The next restart meets all of them at work.
        let before: Vec<_> = calls.iter().map(done_by).collect();
        eventually("every caller got through", || {
            let ended = callers.try_join_next();
            assert!(ended.is_none(), "a call failed: {ended:?}");
            let mut now = calls.iter().map(done_by).zip(&before);
            let through = now.all(|(now, before)| now > *before);
            async move { through }
        })
        .await;
    }
    enough.store(true, Ordering::Relaxed);
    while let Some(done) = callers.join_next().await {
        done.unwrap().unwrap();
    }
}

fn done_by(caller: &Arc<AtomicUsize>) -> usize {
    caller.load(Ordering::Relaxed)
}

async fn work(_: Context, (): ()) -> Result<(), aegis_client::HandlerError> {
    // tidy: allow sleep: the handler's own work, so that a restart finds calls in flight
    tokio::time::sleep(Duration::from_millis(2)).await;
    Ok(())
}

/// A name nobody has: the restarted router cannot know yet that it is wrong. Who does not ask to
/// wait is told at once that it may be worth another try.
#[tokio::test]
async fn an_unknown_name_is_told_at_once_unless_the_caller_waits() {
    let router = Router::start();
    let client = router.client().await;
    let begun = Instant::now();
    let error = client
        .call::<_, ()>("nobody", "work", &())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_SERVICE");
    assert!(error.is_retryable(), "the router is warming: {error}");
    assert!(begun.elapsed() < Duration::from_secs(4));
    let waiting = client
        .request("nobody", "work")
        .retry(RetryWish::Unknown)
        .timeout(Duration::from_millis(300));
    let error = waiting.send::<_, ()>(&()).await.unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_SERVICE", "{error}");
    assert!(
        error.call().after >= Duration::from_millis(200),
        "{error:?}"
    );
    // Whoever comes while it waits is found.
    let waiting = client
        .request("late", "work")
        .retry(RetryWish::Unknown)
        .timeout(SOON);
    let call = async { waiting.send::<_, ()>(&()).await };
    let serve = async {
        let service = quick("late", "l-1").method("work", Safety::AtMostOnce, work);
        client.serve(service).await.unwrap()
    };
    let (called, _serving) = timeout(SOON, async { tokio::join!(call, serve) })
        .await
        .unwrap();
    called.unwrap();
}
