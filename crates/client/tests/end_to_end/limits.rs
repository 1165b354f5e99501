//! Concurrency, queue, deadlines and foreign messages on the instance's side.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, Delivery, Subscriber};
use aegis_client::{Context, Outcome, Safety};
use aegis_types::Incarnation;
use aegis_wire::Subjects;
use aegis_wire::call::InboxCall;
use aegis_wire::value::Raw;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use crate::router::{Router, eventually, quick};

#[tokio::test]
async fn no_more_handlers_run_than_allowed_and_the_rest_is_refused() {
    let router = Router::start();
    let client = router.client().await;
    let gate = Arc::new(Semaphore::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let (pass, seen) = (Arc::clone(&gate), Arc::clone(&most));
    let now = Arc::new(AtomicUsize::new(0));
    let service = quick("narrow", "n-1").concurrency(2).queue(3).method(
        "pass",
        Safety::AtMostOnce,
        move |_: Context, (): ()| {
            let (pass, seen, now) = (Arc::clone(&pass), Arc::clone(&seen), Arc::clone(&now));
            async move {
                seen.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                pass.acquire().await?.forget();
                now.fetch_sub(1, Ordering::Relaxed);
                Ok(())
            }
        },
    );
    let serving = client.serve(service).await.unwrap();
    // It tells the capacity.
    serving.heartbeat().await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let client = client.clone();
        calls.spawn(async move { client.call::<_, ()>("narrow", "pass", &()).await });
    }
    eventually("two run and three wait", || async {
        let status = serving.status();
        (status.running, status.waiting) == (2, 3)
    })
    .await;
    let error = client
        .call::<_, ()>("narrow", "pass", &())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "OVERLOADED", "{error}");
    assert_eq!(error.outcome(), Outcome::NotRun);
    gate.add_permits(5);
    while let Some(call) = calls.join_next().await {
        call.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::Relaxed), 2);
}

/// Long enough to reach the instance on a busy machine.
const WAITS: Duration = Duration::from_secs(1);

#[tokio::test]
async fn what_waited_past_its_deadline_never_starts() {
    let router = Router::start();
    let client = router.client().await;
    let gate = Arc::new(Semaphore::new(0));
    let started = Arc::new(AtomicUsize::new(0));
    let (pass, counted) = (Arc::clone(&gate), Arc::clone(&started));
    let service = quick("narrow", "n-1").concurrency(1).method(
        "pass",
        Safety::AtMostOnce,
        move |_: Context, (): ()| {
            counted.fetch_add(1, Ordering::Relaxed);
            let pass = Arc::clone(&pass);
            async move {
                pass.acquire().await?.forget();
                Ok(())
            }
        },
    );
    let serving = client.serve(service).await.unwrap();
    let first = client.clone();
    let first = tokio::spawn(async move { first.call::<_, ()>("narrow", "pass", &()).await });
    eventually("the first runs", || async { serving.status().running == 1 }).await;
    let late = client.clone();
    let late = tokio::spawn(async move {
        let request = late.request("narrow", "pass").timeout(WAITS);
        request.send::<_, ()>(&()).await
    });
    eventually("it waits behind the first", || async {
        assert!(!late.is_finished(), "it never came to wait");
        serving.status().waiting == 1
    })
    .await;
    let waits_since = Instant::now();
    late.await.unwrap().unwrap_err();
    // The instance counts from when it came there, which was before it was seen waiting.
    eventually(
        "its deadline is over by the instance's count too",
        || async { waits_since.elapsed() > WAITS },
    )
    .await;
    gate.add_permits(2);
    first.await.unwrap().unwrap();
    eventually("nothing runs or waits", || async {
        let status = serving.status();
        (status.running, status.waiting) == (0, 0)
    })
    .await;
    assert_eq!(started.load(Ordering::Relaxed), 1);
}

/// Reports the subject of every message.
struct Listener(mpsc::UnboundedSender<String>);

impl Subscriber for Listener {
    fn on_message(&mut self, message: Delivery<'_>) {
        let _ = self.0.send(message.subject.to_owned());
    }
}

#[tokio::test]
async fn an_instance_answers_to_the_routers_subjects_only() {
    let router = Router::start();
    let client = router.client().await;
    let started = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&started);
    let service =
        quick("guarded", "g-1").method("run", Safety::AtMostOnce, move |_: Context, (): ()| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        });
    let _serving = client.serve(service).await.unwrap();
    let entry = client.instances("guarded").await.unwrap().remove(0);
    let incarnation = Incarnation::from_bits(entry.incarnation);
    let inbox = Subjects::default().inbox("guarded", "g-1", incarnation);

    let (heard, mut subjects) = mpsc::unbounded_channel();
    let options = ConnectOptions::new(vec![router.address().into()]);
    let stranger = Connection::open(options, Listener(heard));
    stranger.ready().await;
    for pattern in ["victim.>", "ipc.response.>"] {
        stranger.subscribe(pattern, None).unwrap();
    }
    let mut call = Vec::new();
    InboxCall {
        method: "run",
        params: Raw::NIL,
        trace_id: "",
        correlation_id: "r.1",
        message_id: None,
        service_name: None,
        attempt: 1,
        timeout_ms: Some(1000),
        deadline_ms: None,
        incarnation: Some(incarnation),
        caller: None,
    }
    .encode_native(&mut call);
    let garbage = [0xc1; 40];
    for body in [&call[..], &garbage, &[], &call[..call.len() / 2]] {
        for reply in [
            None,
            Some("victim.1"),
            Some("$SYS.x"),
            Some("ipc.service.register"),
        ] {
            stranger.publish(&inbox, reply, None, body).unwrap();
        }
    }
    // The last one may be answered: when its answer is here, all others have been read.
    let last = Some("ipc.response.r.1");
    stranger.publish(&inbox, last, None, &call).unwrap();
    assert_eq!(subjects.recv().await.unwrap(), "ipc.response.r.1");
    assert_eq!(started.load(Ordering::Relaxed), 1);
    client.call::<_, ()>("guarded", "run", &()).await.unwrap();
}
