//! Registering, heartbeats, leaving.

use std::time::Duration;

use aegis_client::{
    Context, HeartbeatFailure, HeartbeatStatus, Safety, SelfReport, ServeError, Service, StopReason,
};

use crate::router::{Router, SOON, eventually, gated, quick};

async fn nothing(_: Context, (): ()) -> Result<(), aegis_client::HandlerError> {
    Ok(())
}

fn idle(instance: &str) -> Service {
    quick("idle", instance).method("nothing", Safety::Idempotent, nothing)
}

#[tokio::test]
async fn heartbeats_run_by_themselves_and_say_so() {
    let router = Router::start();
    let client = router.client().await;
    let serving = client.serve(idle("i-1")).await.unwrap();
    // Ten intervals, five leases of a registration without heartbeats would not outlast this.
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        let HeartbeatStatus::Running {
            acknowledged_ago,
            missed,
            lease_left,
            ..
        } = serving.status().heartbeats
        else {
            panic!("{:?}", serving.status());
        };
        assert!(
            acknowledged_ago < Duration::from_secs(1),
            "{acknowledged_ago:?}"
        );
        assert!(missed <= 1 && lease_left > Duration::ZERO);
        let entry = client.instances("idle").await.unwrap().remove(0);
        assert_eq!(entry.health, "healthy");
        // tidy: allow sleep: a pause between looks, over several leases
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn whoever_is_told_that_it_serves_finds_it_routable() {
    let router = Router::start();
    let (client, caller) = (router.client().await, router.client().await);
    for number in 0..50 {
        let serving = client.serve(idle(&format!("i-{number}"))).await.unwrap();
        // On another connection: nothing but the router's answer says that it is welcome.
        let done: Result<(), _> = caller.call("idle", "nothing", &()).await;
        done.unwrap_or_else(|error| panic!("{number}: {error}"));
        let entry = caller.instances("idle").await.unwrap().remove(0);
        assert_eq!((entry.reason.as_str(), entry.routable), ("welcomed", true));
        serving.unregister().await;
    }
}

#[tokio::test]
async fn by_hand_a_heartbeat_renews_the_lease() {
    let router = Router::start();
    let client = router.client().await;
    let service =
        Service::new("idle")
            .manual_heartbeats()
            .method("nothing", Safety::Idempotent, nothing);
    let serving = client.serve(service).await.unwrap();
    assert!(serving.instance_id().starts_with("idle-"));
    let left = || match serving.status().heartbeats {
        HeartbeatStatus::Off { lease_left, .. } => lease_left,
        other => panic!("{other:?}"),
    };
    eventually("some of the lease is over", || async {
        left() < Duration::from_millis(1900)
    })
    .await;
    let before = left();
    serving.heartbeat().await.unwrap();
    assert!(left() > before);
}

#[tokio::test]
async fn without_heartbeats_the_lease_ends_and_the_status_is_true() {
    let router = Router::start_with(|config| config.lease_ttl = Duration::from_millis(300));
    let client = router.client().await;
    let service =
        Service::new("idle")
            .manual_heartbeats()
            .method("nothing", Safety::Idempotent, nothing);
    let serving = client.serve(service).await.unwrap();
    eventually("the router calls it unhealthy", || async {
        client.instances("idle").await.unwrap()[0].health == "unhealthy"
    })
    .await;
    assert!(!serving.status().heartbeats.is_registered());
    serving.heartbeat().await.unwrap();
    assert!(serving.status().heartbeats.is_registered());
    client.call::<_, ()>("idle", "nothing", &()).await.unwrap();
}

#[tokio::test]
async fn unregistering_lets_handlers_finish() {
    let router = Router::start();
    let client = router.client().await;
    let (service, gate) = gated();
    let serving = client.serve(service).await.unwrap();
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.call::<_, String>("slow", "pass", &()).await });
    eventually("the handler runs", || async {
        serving.status().running == 1
    })
    .await;
    let leaving = tokio::spawn(serving.unregister());
    eventually("the router has forgotten it", || async {
        client
            .instances("slow")
            .await
            .unwrap()
            .iter()
            .all(|entry| !entry.routable)
    })
    .await;
    assert!(!leaving.is_finished());
    gate.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap(), "done");
    let reason = leaving.await.unwrap();
    assert_eq!(reason, StopReason::Deregistered { confirmed: true });
}

#[tokio::test]
async fn dropping_leaves_no_zombie() {
    let router = Router::start();
    let client = router.client().await;
    let watcher = router.client().await;
    let serving = client.serve(idle("i-1")).await.unwrap();
    drop(serving);
    eventually("the instance is gone", || async {
        watcher.instances("idle").await.unwrap().is_empty()
    })
    .await;
    // The same id is free again, also for a client that is dropped as a whole.
    let serving = client.serve(idle("i-1")).await.unwrap();
    assert_eq!(
        router.connections(),
        3,
        "the watcher, the work connection, the lifeline"
    );
    drop((client, serving));
    eventually("the instance is gone", || async {
        watcher.instances("idle").await.unwrap().is_empty()
    })
    .await;
    eventually("its connections are closed", || async {
        router.connections() == 1
    })
    .await;
}

#[tokio::test]
async fn a_service_outlives_its_client_handle() {
    let router = Router::start();
    let serving = router.client().await.serve(idle("i-1")).await.unwrap();
    let caller = router.client().await;
    caller.call::<_, ()>("idle", "nothing", &()).await.unwrap();
    assert!(serving.status().heartbeats.is_registered());
}

#[tokio::test]
async fn giving_up_on_serve_leaves_nothing_behind() {
    let router = Router::start();
    let first = router.client().await;
    let second = router.client().await;
    let holder = first.serve(idle("i-1")).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(300), second.serve(idle("i-1"))).await;
    assert!(waiting.is_err(), "the id is held: {waiting:?}");
    // The holder goes on undisturbed, also after the other one has left.
    first.call::<_, ()>("idle", "nothing", &()).await.unwrap();
    second.close().await;
    holder.heartbeat().await.unwrap();
    let instances = first.instances("idle").await.unwrap();
    assert_eq!(instances.len(), 1);
}

#[tokio::test]
async fn a_held_id_is_taken_when_its_holder_is_gone() {
    let router = Router::start();
    let first = router.client().await;
    let second = router.client().await;
    let holder = first.serve(idle("i-1")).await.unwrap();
    let waiter = tokio::spawn(async move { second.serve(idle("i-1")).await });
    eventually("the second waits", || async { !waiter.is_finished() }).await;
    holder.unregister().await;
    let serving = waiter.await.unwrap().unwrap();
    assert!(serving.status().heartbeats.is_registered());
}

#[tokio::test]
async fn closing_ends_everything() {
    let router = Router::start();
    let client = router.client().await;
    let watcher = router.client().await;
    let serving = client.serve(idle("i-1")).await.unwrap();
    client.clone().close().await;
    let confirmed = StopReason::Deregistered { confirmed: true };
    assert_eq!(serving.stopped().await, confirmed);
    let failure = HeartbeatFailure::Stopped(confirmed);
    assert_eq!(serving.heartbeat().await, Err(failure));
    assert_eq!(watcher.instances("idle").await.unwrap(), []);
    let error = client
        .call::<_, ()>("idle", "nothing", &())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "CLOSED");
}

#[tokio::test]
async fn declarations_are_checked_first() {
    let router = Router::start();
    let client = router.client().await;
    let with =
        |name: &str, method: &str| Service::new(name).method(method, Safety::Idempotent, nothing);
    let bad = [
        (with("a b", "m"), "INVALID_NAME"),
        (with("a", "\n"), "INVALID_NAME"),
        (with("a", "m").instance_id("é"), "INVALID_NAME"),
        (Service::new("a"), "NO_METHODS"),
        (
            with("a", "m").method("m", Safety::Idempotent, nothing),
            "DUPLICATE_METHOD",
        ),
        (
            with("a", "m").heartbeat_interval(Duration::ZERO),
            "INVALID_HEARTBEAT_INTERVAL",
        ),
    ];
    for (service, code) in bad {
        let error: ServeError = client.serve(service).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
}

#[tokio::test]
async fn an_evicted_instance_stops_and_says_why() {
    let router = Router::start();
    let client = router.client().await;
    let serving = client.serve(idle("i-1")).await.unwrap();
    let operator = router.client().await;
    operator.evict_instance("idle", "i-1").await.unwrap();
    let reason = tokio::time::timeout(SOON, serving.stopped()).await.unwrap();
    assert!(matches!(reason, StopReason::Evicted { .. }), "{reason}");
    assert_eq!(
        serving.status().heartbeats,
        HeartbeatStatus::Stopped(reason)
    );
    let again = client.serve(idle("i-2")).await.unwrap();
    assert!(again.status().heartbeats.is_registered(), "others may come");
}

#[tokio::test]
async fn an_unhealthy_word_takes_it_out_of_routing_and_back() {
    let router = Router::start();
    let client = router.client().await;
    let serving = client.serve(idle("i-1")).await.unwrap();
    for (report, routable) in [
        (SelfReport::Unhealthy, false),
        (SelfReport::Degraded, true),
        (SelfReport::Unhealthy, false),
        (SelfReport::Healthy, true),
    ] {
        serving.report(report);
        eventually("the router believes it", || async {
            client.instances("idle").await.unwrap()[0].routable == routable
        })
        .await;
        let called = client.call::<_, ()>("idle", "nothing", &()).await;
        assert_eq!(called.is_ok(), routable, "{report:?}: {called:?}");
    }
}
