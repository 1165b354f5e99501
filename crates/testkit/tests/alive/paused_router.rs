use std::time::Instant;

use aegis_testkit::wait_for;

use crate::member::Member;
use crate::process::RouterProcess;
use crate::stage::among_others;
use crate::world::{LEASE_TTL, Onlooker, breathe};

#[test]
fn a_router_that_was_paused_expires_nobody_when_it_wakes() {
    let _machine = among_others();
    let router = RouterProcess::start();
    let (port, onlooker) = (router.port(), Onlooker::at(&router.url()));
    let names = ["one", "two"];
    let _members = names.map(|name| Member::join(&onlooker, port, "steady", name));
    // A third whose heartbeats do not arrive at first: nothing but the router's own doubt saves it.
    let silent = Member::join(&onlooker, port, "steady", "silent");
    router.pause();
    silent.hold_heartbeats();
    let pause = Instant::now();
    wait_for("three leases to pass", || {
        breathe();
        (pause.elapsed() >= LEASE_TTL * 3).then_some(())
    });
    router.resume();
    // On a NATS server it looks first whether another has taken over.
    wait_for("the router to answer", || {
        breathe();
        (!onlooker.instances("steady").is_empty()).then_some(())
    });
    onlooker.watch("steady", LEASE_TTL / 2, |instances| {
        assert_eq!(instances.len(), 3, "somebody is forgotten");
        for instance in instances {
            assert_ne!(instance.health, "unhealthy", "{instance:?}");
            assert_ne!(instance.reason, "lease_expired", "{instance:?}");
        }
    });
    wait_for("one that stays silent to expire", || {
        let silent = onlooker.instance("steady", "silent")?;
        (silent.health == "unhealthy").then_some(())
    });
}
