//! Calls that work.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aegis_client::{Context, HandlerError, RetryWish, Safety};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::router::{Router, eventually, quick};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Symbol {
    name: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Quote {
    cents: u64,
    from: String,
}

async fn last(context: Context, symbol: Symbol) -> Result<Quote, HandlerError> {
    match symbol.name.as_str() {
        "ACME" => Ok(Quote {
            cents: 4217,
            from: context.instance().to_owned(),
        }),
        name => Err(HandlerError::new(404, format!("no symbol {name}")).kind("NoSymbol")),
    }
}

#[tokio::test]
async fn typed_and_raw_values_travel_both_ways() {
    let router = Router::start();
    let client = router.client().await;
    let service = quick("quotes", "q-1")
        .method("last", Safety::Idempotent, last)
        .raw_method("echo", Safety::AtMostOnce, |_, body: Bytes| async move {
            Ok(body)
        });
    let serving = client.serve(service).await.unwrap();
    let acme = Symbol {
        name: "ACME".to_owned(),
    };
    let quote: Quote = client.call("quotes", "last", &acme).await.unwrap();
    assert_eq!(
        quote,
        Quote {
            cents: 4217,
            from: "q-1".to_owned()
        }
    );
    let list = [0x93, 1, 2, 3];
    let echoed = client.call_raw("quotes", "echo", &list).await.unwrap();
    assert_eq!(&echoed[..], list);
    let nothing: Option<u8> = client.call("quotes", "echo", &()).await.unwrap();
    assert_eq!(nothing, None);
    serving.unregister().await;
}

#[tokio::test]
async fn handlers_know_the_call() {
    let router = Router::start();
    let client = aegis_client::Client::builder()
        .name("billing")
        .connect(&router.url())
        .await
        .unwrap();
    let service = quick("calls", "c-1").method(
        "tell",
        Safety::AtMostOnce,
        |context: Context, (): ()| async move {
            assert!(context.remaining() > Duration::from_millis(500));
            assert!(context.remaining() <= Duration::from_secs(1));
            Ok(vec![
                context.service().to_owned(),
                context.method().to_owned(),
                context.instance().to_owned(),
                context.trace_id().to_owned(),
                context.caller().to_owned(),
                context.attempt().to_string(),
                context.message_id().len().to_string(),
            ])
        },
    );
    let _serving = client.serve(service).await.unwrap();
    let told: Vec<String> = client
        .request("calls", "tell")
        .timeout(Duration::from_secs(1))
        .trace_id("trace with spaces.and > dots")
        .send(&())
        .await
        .unwrap();
    let expected = [
        "calls",
        "tell",
        "c-1",
        "trace with spaces.and > dots",
        "billing",
        "1",
        "36",
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn calls_are_spread_and_exclusions_kept() {
    let router = Router::start();
    let client = router.client().await;
    let mut servings = Vec::new();
    for id in ["a", "b", "c"] {
        let service = quick("names", id).method(
            "whose",
            Safety::Idempotent,
            |context: Context, (): ()| async move { Ok(context.instance().to_owned()) },
        );
        servings.push(client.serve(service).await.unwrap());
    }
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..6 {
        let name: String = client.call("names", "whose", &()).await.unwrap();
        seen.insert(name);
    }
    assert_eq!(seen.len(), 3);
    for _ in 0..6 {
        let name: String = client
            .request("names", "whose")
            .exclude(["a", "c"])
            .send(&())
            .await
            .unwrap();
        assert_eq!(name, "b");
    }
    let services = client.services().await.unwrap();
    assert_eq!(services.len(), 1);
    assert_eq!(services[0].instances, 3);
    let instances = client.instances("names").await.unwrap();
    let ids: Vec<_> = instances
        .iter()
        .map(|entry| entry.instance.as_str())
        .collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert!(instances.iter().all(|entry| entry.routable));
    let error = client.instances("nobody").await.unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_SERVICE");
}

#[tokio::test]
async fn failover_leaves_errors_marked_retryable_behind() {
    let router = Router::start();
    let client = router.client().await;
    let started = Arc::new(AtomicUsize::new(0));
    let mut servings = Vec::new();
    for id in ["a", "b", "c"] {
        let counted = Arc::clone(&started);
        let handler = move |context: Context, (): ()| {
            let counted = Arc::clone(&counted);
            async move {
                counted.fetch_add(1, Ordering::Relaxed);
                match context.attempt() {
                    3 => Ok(context.instance().to_owned()),
                    _ => Err(HandlerError::new(503, "not today").retryable()),
                }
            }
        };
        let service = quick("moody", id)
            .method("repeatable", Safety::Idempotent, handler.clone())
            .method("once", Safety::AtMostOnce, handler);
        servings.push(client.serve(service).await.unwrap());
    }
    let _: String = client
        .call_with_failover("moody", "repeatable", &())
        .await
        .unwrap();
    assert_eq!(started.swap(0, Ordering::Relaxed), 3);
    // Without failover, and where twice would hurt, the first error is the answer.
    for (method, wish) in [
        ("repeatable", RetryWish::Proof),
        ("once", RetryWish::Failed),
    ] {
        let error = client
            .request("moody", method)
            .retry(wish)
            .send::<_, String>(&())
            .await
            .unwrap_err();
        assert_eq!(error.code(), "HANDLER_ERROR");
        assert!(error.is_retryable());
        assert_eq!(error.attempts().len(), 1);
        assert_eq!(started.swap(0, Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn odd_names_can_be_called() {
    let router = Router::start();
    let client = router.client().await;
    let error = client
        .call::<_, ()>("Order book > 1", "place * now", &())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "UNKNOWN_SERVICE");
    let service = quick("odd", "o-1").method(
        "users.get * > now",
        Safety::Idempotent,
        |context: Context, (): ()| async move { Ok(context.method().to_owned()) },
    );
    let _serving = client.serve(service).await.unwrap();
    let method: String = client
        .call("odd", " users.get * > now ", &())
        .await
        .unwrap();
    assert_eq!(method, "users.get * > now");
}

#[tokio::test]
async fn a_caller_and_a_service_count_what_they_did() {
    let router = Router::start();
    let client = router.client().await;
    let service = quick("quotes", "q-1").method("last", Safety::Idempotent, last);
    let serving = client.serve(service).await.expect("served");
    let symbol = |name: &str| Symbol {
        name: name.to_owned(),
    };
    let found: Result<Quote, _> = client.call("quotes", "last", &symbol("ACME")).await;
    assert!(found.is_ok());
    let wrong: Result<Quote, _> = client.call("quotes", "last", &symbol("NONE")).await;
    assert!(wrong.is_err());
    let nobody: Result<Quote, _> = client.call("quotes", "first", &symbol("ACME")).await;
    assert!(nobody.is_err());
    let calls = client.numbers();
    assert_eq!(
        (calls.ok, calls.ran, calls.not_run, calls.unknown),
        (1, 1, 1, 0)
    );
    let [quotes] = &calls.services[..] else {
        panic!("one service was called: {calls:?}");
    };
    assert_eq!(
        (&*quotes.service, quotes.ok, quotes.ran, quotes.not_run),
        ("quotes", 1, 1, 1)
    );
    assert_eq!(quotes.durations.count(), 3);
    assert!(calls.took > Duration::ZERO && calls.took == quotes.durations.sum());
    let numbers = serving.numbers();
    let method = numbers.methods.first().expect("its method");
    assert_eq!(
        (method.method.as_str(), method.handled, method.failed),
        ("last", 2, 1)
    );
    assert_eq!(method.durations.count(), 2);
    assert!(method.took > Duration::ZERO && method.took == method.durations.sum());
}

#[tokio::test]
async fn heartbeats_sent_and_confirmed_are_counted() {
    let router = Router::start();
    let client = router.client().await;
    let service = quick("beating", "b-1").method("last", Safety::Idempotent, last);
    let serving = client.serve(service).await.expect("served");
    let before = serving.numbers();
    for _ in 0..3 {
        serving.heartbeat().await.expect("confirmed");
    }
    let after = serving.numbers();
    let sent = after.heartbeats_sent - before.heartbeats_sent;
    let confirmed = after.heartbeats_acknowledged - before.heartbeats_acknowledged;
    assert!(sent >= 3 && confirmed >= 3, "{before:?} {after:?}");
    // They go on by themselves.
    eventually("heartbeats unasked", || async {
        serving.numbers().heartbeats_acknowledged > after.heartbeats_acknowledged
    })
    .await;
    assert!(after.heartbeats_sent >= after.heartbeats_acknowledged);
}

/// A runtime that does not get on with its work tells it, though its heartbeats are in time.
#[tokio::test]
async fn a_runtime_that_is_blocked_tells_its_lag() {
    const BLOCKED: Duration = Duration::from_millis(300);
    let router = Router::start();
    let client = router.client().await;
    let service = quick("busy", "b-1").method("last", Safety::Idempotent, last);
    let serving = client.serve(service).await.expect("served");
    // This thread is the whole runtime of the handlers.
    eventually("a lag of 200 ms", || async {
        // tidy: allow sleep: it is what blocks the runtime
        std::thread::sleep(BLOCKED);
        serving.numbers().lag >= Duration::from_millis(200)
    })
    .await;
    let lag = || serving.numbers().lag;
    eventually("no lag any more", || async { lag() < BLOCKED / 3 }).await;
}
