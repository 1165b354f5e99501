//! Watching instances come, change and go.

use std::time::Duration;

use aegis_bus::{ConnectOptions, Connection, Delivery, Subscriber};
use aegis_client::{
    Context, Gap, InstanceChange, InstanceEntry, Safety, SelfReport, WATCH_QUEUE, Watch, WatchEvent,
};
use tokio::time::timeout;

use crate::router::{Router, SOON, eventually, quick};

/// Hears nothing.
struct Deaf;

impl Subscriber for Deaf {
    fn on_message(&mut self, _: Delivery<'_>) {}
}

async fn next(watch: &mut Watch) -> WatchEvent {
    let next = timeout(SOON, watch.next()).await;
    next.expect("an event in time").expect("an open watch")
}

async fn listed(watch: &mut Watch) -> Vec<InstanceEntry> {
    match next(watch).await {
        WatchEvent::Listed(instances) => instances,
        other => panic!("{other:?}"),
    }
}

/// The next change of an instance of which this is true.
async fn change(watch: &mut Watch, wanted: impl Fn(&InstanceChange) -> bool) -> InstanceChange {
    loop {
        match next(watch).await {
            WatchEvent::InstanceChanged(change) if wanted(&change) => return change,
            WatchEvent::Gap(gap) => panic!("{gap}"),
            _ => {}
        }
    }
}

fn idle(service: &str, instance: &str) -> aegis_client::Service {
    quick(service, instance).method("rest", Safety::Idempotent, |_: Context, (): ()| async {
        Ok(())
    })
}

#[tokio::test]
async fn a_watch_begins_with_what_is_and_tells_what_changes() {
    let router = Router::start();
    let client = router.client().await;
    let first = client.serve(idle("seen", "s-1")).await.unwrap();
    let _other = client.serve(idle("unseen", "u-1")).await.unwrap();
    let mut watch = client.watch(Some("seen")).unwrap();
    let mut every = client.watch(None).unwrap();
    let instances = listed(&mut watch).await;
    assert_eq!(instances.len(), 1);
    assert_eq!(instances[0].instance, "s-1");
    assert_eq!(listed(&mut every).await.len(), 2);

    let second = client.serve(idle("seen", "s-2")).await.unwrap();
    let new = change(&mut watch, |change| change.instance == "s-2").await;
    assert_eq!((new.from, new.reason.as_str()), (None, "registered"));
    first.report(SelfReport::Unhealthy);
    let unwell = change(&mut watch, |change| {
        !change.routable && change.instance == "s-1"
    })
    .await;
    assert_eq!(unwell.reason, "self_unhealthy");
    first.report(SelfReport::Healthy);
    change(&mut watch, |change| {
        change.routable && change.instance == "s-1"
    })
    .await;
    second.unregister().await;
    let gone = change(&mut watch, |change| change.to == "removed").await;
    assert_eq!(gone.instance, "s-2");

    let _late = client.serve(idle("unseen", "u-2")).await.unwrap();
    change(&mut every, |change| change.instance == "u-2").await;
    client.clone().close().await;
    while let Some(event) = timeout(SOON, watch.next()).await.unwrap() {
        assert!(!matches!(event, WatchEvent::Gap(_)), "{event:?}");
    }
}

#[tokio::test]
async fn after_an_outage_a_gap_is_told_and_everything_listed_again() {
    let router = Router::start();
    let address = router.address();
    let client = router.client().await;
    let serving = client.serve(idle("seen", "s-1")).await.unwrap();
    let watcher = router.client().await;
    let mut watch = watcher.watch(Some("seen")).unwrap();
    assert_eq!(listed(&mut watch).await.len(), 1);
    drop(router);
    while next(&mut watch).await != WatchEvent::Gap(Gap::ConnectionLost) {}
    let _router = Router::start_at(address);
    let instances = listed(&mut watch).await;
    if instances.is_empty() {
        change(&mut watch, |change| change.instance == "s-1").await;
    }
    serving.report(SelfReport::Degraded);
    change(&mut watch, |change| change.reason == "self_degraded").await;
}

#[tokio::test]
async fn a_slow_watcher_is_told_that_it_missed_something() {
    let router = Router::start();
    let client = router.client().await;
    let mut watch = client.watch(None).unwrap();
    assert_eq!(listed(&mut watch).await, []);
    for _ in 0..WATCH_QUEUE / 2 + 1 {
        // Two events each, and more: it comes, and it goes.
        let serving = client.serve(idle("brief", "b-1")).await.unwrap();
        serving.unregister().await;
    }
    let last = client.serve(idle("brief", "b-2")).await.unwrap();
    eventually("all of it was told", || async {
        client.instances("brief").await.unwrap().len() == 1
    })
    .await;
    assert_eq!(next(&mut watch).await, WatchEvent::Gap(Gap::TooSlow));
    assert_eq!(listed(&mut watch).await.len(), 1);
    last.unregister().await;
    change(&mut watch, |change| change.to == "removed").await;
}

/// One of the first AegisIPC, under names that are not tokens of a subject.
#[tokio::test]
async fn instances_whose_names_are_free_are_watched_too() {
    let router = Router::start();
    let client = router.client().await;
    let mut watch = client.watch(Some("Price list")).unwrap();
    assert_eq!(listed(&mut watch).await, []);
    let options = ConnectOptions::new(vec![router.url().parse().unwrap()]);
    let legacy = Connection::open(options, Deaf);
    legacy.ready().await;
    // {"service_name": "Price list", "instance_id": "host.7"}, in MessagePack.
    let beat = b"\x82\xacservice_name\xaaPrice list\xabinstance_id\xa6host.7";
    legacy
        .publish("ipc.service.heartbeat", None, None, beat)
        .unwrap();
    let new = change(&mut watch, |change| change.instance == "host.7").await;
    assert_eq!((new.service.as_str(), new.from), ("Price list", None));
    assert_eq!(new.reason, "adopted");
    legacy.close().await;
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused_and_what_is_not_there_yet_is_not() {
    let router = Router::start();
    let client = router.client().await;
    let error = client.watch(Some("no\nname")).unwrap_err();
    assert_eq!(error.code(), "INVALID_NAME");
    let mut watch = client.watch(Some("later")).unwrap();
    assert_eq!(listed(&mut watch).await, []);
    let _serving = client.serve(idle("later", "l-1")).await.unwrap();
    change(&mut watch, |change| change.instance == "l-1").await;
    // Nothing comes of a watch that was dropped.
    drop(watch);
    let again = timeout(
        Duration::from_secs(5),
        client.call::<_, ()>("later", "rest", &()),
    );
    again.await.unwrap().unwrap();
}
