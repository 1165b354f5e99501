//! Calls made while a call is handled.

use std::time::Duration;

use aegis_client::{Client, Context, HandlerError, Safety};

use crate::router::{Router, quick};

/// What the inner service saw: what was left of its time, and its trace.
type Seen = (u64, String);

/// `inner` tells what it sees. `outer` calls it with ten seconds of its own: itself, from a task,
/// from a task within its context, and with a shorter timeout than it has itself.
async fn chain(router: &Router) -> (Client, [aegis_client::Serving; 2]) {
    let client = router.client().await;
    let inner = quick("inner", "i-1").method(
        "see",
        Safety::AtMostOnce,
        |context: Context, (): ()| async move {
            let left = context.remaining().as_millis();
            Ok((u64::try_from(left)?, context.trace_id().to_owned()))
        },
    );
    let calls = client.clone();
    let outer = quick("outer", "o-1").method(
        "call",
        Safety::AtMostOnce,
        move |context: Context, (): ()| {
            let client = calls.clone();
            async move {
                let see = || {
                    client
                        .request("inner", "see")
                        .timeout(Duration::from_secs(10))
                };
                let itself: Seen = see().send(&()).await?;
                let alone = client.clone();
                let alone = tokio::spawn(async move {
                    let request = alone.request("inner", "see");
                    request
                        .timeout(Duration::from_secs(10))
                        .send::<_, Seen>(&())
                        .await
                });
                let alone = alone.await??;
                let (within, of) = (client.clone(), context.clone());
                let within = tokio::spawn(async move {
                    let request = within.request("inner", "see").within(&of);
                    request
                        .timeout(Duration::from_secs(10))
                        .send::<_, Seen>(&())
                        .await
                });
                let within = within.await??;
                let shorter: Seen = see().timeout(Duration::from_millis(200)).send(&()).await?;
                Ok::<_, HandlerError>([itself, alone, within, shorter])
            }
        },
    );
    let servings = [
        client.serve(inner).await.unwrap(),
        client.serve(outer).await.unwrap(),
    ];
    (client, servings)
}

#[tokio::test]
async fn they_inherit_the_deadline_and_the_trace() {
    let router = Router::start();
    let (client, _servings) = chain(&router).await;
    let seen: [Seen; 4] = client
        .request("outer", "call")
        .timeout(Duration::from_secs(2))
        .trace_id("the outer trace")
        .send(&())
        .await
        .unwrap();
    let [itself, alone, within, shorter] = seen;
    assert!(itself.0 <= 2000, "{itself:?}");
    assert_eq!(itself.1, "the outer trace");
    assert!(alone.0 > 2000, "a spawned task is on its own: {alone:?}");
    assert_ne!(alone.1, "the outer trace");
    assert!(within.0 <= 2000, "{within:?}");
    assert_eq!(within.1, "the outer trace");
    assert!(shorter.0 <= 200, "never longer than asked: {shorter:?}");
}

#[tokio::test]
async fn after_the_deadline_nothing_is_sent() {
    let router = Router::start();
    let client = router.client().await;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let calls = client.clone();
    let service = quick("late", "l-1").method(
        "call",
        Safety::AtMostOnce,
        move |context: Context, (): ()| {
            let (client, tell) = (calls.clone(), tell.clone());
            async move {
                tokio::time::sleep_until(context.deadline()).await;
                let error = client.call::<_, ()>("late", "nothing", &()).await;
                tell.send(error.unwrap_err())?;
                // An answer now might still beat the router's own timer.
                std::future::pending::<Result<(), HandlerError>>().await
            }
        },
    );
    let _serving = client.serve(service).await.unwrap();
    let late = client
        .request("late", "call")
        .timeout(Duration::from_millis(50));
    late.send::<_, ()>(&()).await.unwrap_err();
    let error = told.recv().await.unwrap();
    assert_eq!(error.code(), "DEADLINE_EXCEEDED", "{error}");
}
