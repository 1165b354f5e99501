use std::time::{Duration, Instant};

use aegis_testkit::wait_for;

use crate::member::Member;
use crate::stage::among_others;
use crate::world::{LEASE_TTL, Onlooker, SLACK, breathe, router, silent_for};

const INSTANCES: usize = 30;

/// Those that calls go to: a reply is a sign of life as good as a heartbeat.
const CALLED: usize = 5;

/// From the first lease that would have ended; then the silence is believed.
const LETS_GO_AFTER: Duration = LEASE_TTL.saturating_mul(2);

#[test]
fn when_all_heartbeats_are_lost_nobody_is_until_the_silence_is_believed() {
    let _machine = among_others();
    let router = router();
    let onlooker = Onlooker::at(&router.url());
    let members: Vec<Member> = (0..INSTANCES)
        .map(|number| {
            let service = if number < CALLED { "called" } else { "quiet" };
            Member::join(
                &onlooker,
                router.port(),
                service,
                &format!("{service}-{number}"),
            )
        })
        .collect();
    for member in &members {
        member.hold_heartbeats();
    }
    let held = Instant::now();
    let preserved = wait_for("the silence to be believed", || {
        let called: Result<String, _> = onlooker.run(onlooker.client().call("called", "work", &0));
        called.expect("calls go on");
        breathe();
        let quiet = onlooker.instances("quiet");
        quiet.iter().find(|entry| entry.health == "unhealthy")?;
        quiet.iter().map(silent_for).max()
    });
    println!(
        "30 silent: nobody unhealthy for {:?}, silent {preserved:?}",
        held.elapsed()
    );
    assert!(preserved >= LEASE_TTL * 2, "somebody within two leases");
    assert!(
        preserved <= LEASE_TTL + LETS_GO_AFTER + SLACK,
        "later than stated"
    );
    wait_for("everyone silent to be unhealthy", || {
        let quiet = onlooker.instances("quiet");
        quiet
            .iter()
            .all(|entry| entry.health == "unhealthy")
            .then_some(())
    });
    let called = onlooker.instances("called");
    assert!(called.iter().all(|entry| entry.routable), "{called:?}");

    for member in &members {
        member.network.heal();
    }
    wait_for("everyone to be back", || {
        let quiet = onlooker.instances("quiet");
        quiet
            .iter()
            .all(|entry| entry.health == "healthy")
            .then_some(())
    });
}
