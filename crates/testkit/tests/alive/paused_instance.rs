use std::time::{Duration, Instant};

use aegis_client::CallError;
use aegis_testkit::wait_for;

use crate::load::Load;
use crate::process;
use crate::stage::among_others;
use crate::world::{HEARTBEAT_INTERVAL, LEASE_TTL, Onlooker, SLACK, router, silent_for};

/// Silent for a second with work in flight, then half a second for the answer to a probe.
const BY_PROBE: Duration = Duration::from_millis(1600);

#[test]
fn a_paused_instance_with_calls_in_flight_is_out_of_routing_by_the_probe() {
    let _machine = among_others();
    let router = router();
    let onlooker = Onlooker::at(&router.url());
    let paused = process::instance(&router.url(), "steady", "paused");
    let _other = process::instance(&router.url(), "steady", "other");
    let load = Load::start(&onlooker);
    load.wait_for_more(50);

    paused.pause();
    let pause = Instant::now();
    let health = || {
        onlooker
            .instance("steady", "paused")
            .map(|entry| entry.health)
    };
    wait_for("the pause to be noticed", || {
        (health().as_deref() != Some("healthy")).then_some(())
    });
    let noticed = pause.elapsed();
    println!("paused under load: not used any more after {noticed:?}");
    // It is used last from now on, and there is another.
    let stuck = in_flight(&onlooker, "paused");
    load.wait_for_more(50);
    assert!(
        in_flight(&onlooker, "paused") <= stuck,
        "it still gets calls"
    );

    paused.resume();
    let resumed = Instant::now();
    wait_for("it to be back", || {
        (health().as_deref() == Some("healthy")).then_some(())
    });
    println!(
        "paused under load: back {:?} after waking",
        resumed.elapsed()
    );
    let (_, failed) = load.stop();
    assert_eq!(failed, Vec::<String>::new(), "calls that were safe to move");
    assert!(noticed <= BY_PROBE + SLACK, "noticed after {noticed:?}");
}

#[test]
fn a_paused_instance_without_calls_is_unhealthy_at_its_ttl_and_starts_nothing_late() {
    let _machine = among_others();
    let router = router();
    let onlooker = Onlooker::at(&router.url());
    let paused = process::instance(&router.url(), "steady", "paused");
    let look = || onlooker.instance("steady", "paused").expect("it is listed");

    paused.pause();
    // These reach its socket, and their callers give up long before it wakes.
    let act = || async {
        let client = onlooker.client();
        let request = client.request("steady", "act");
        request
            .timeout(Duration::from_millis(300))
            .send::<_, ()>(&())
            .await
    };
    for _ in 0..3 {
        let result = onlooker.run(act());
        assert!(
            matches!(result, Err(CallError::OutcomeUnknown { .. })),
            "{result:?}"
        );
    }
    let silent = wait_for("its lease to end", || {
        let entry = look();
        (entry.health == "unhealthy").then(|| silent_for(&entry))
    });
    println!("paused without load: seen unhealthy at {silent:?}");
    assert!(silent >= LEASE_TTL);

    paused.resume();
    let resumed = Instant::now();
    wait_for("it to be back", || look().routable.then_some(()));
    println!(
        "paused without load: back {:?} after waking",
        resumed.elapsed()
    );
    assert!(resumed.elapsed() <= HEARTBEAT_INTERVAL + SLACK);
    let acts: u64 = wait_for("it to answer", || {
        onlooker
            .run(onlooker.client().call("steady", "acts", &()))
            .ok()
    });
    assert_eq!(acts, 0, "started for callers that had given up");
}

fn in_flight(onlooker: &Onlooker, instance: &str) -> u64 {
    let entry = onlooker.instance("steady", instance);
    entry.expect("it is listed").in_flight
}
