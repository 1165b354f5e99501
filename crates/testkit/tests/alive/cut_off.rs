use std::time::{Duration, Instant};

use aegis_testkit::wait_for;

use crate::member::Member;
use crate::stage::among_others;
use crate::world::{HEARTBEAT_INTERVAL, LEASE_TTL, Onlooker, SLACK, router, silent_for};

/// A lease ends at its instant, not at the next scan.
const LATEST: Duration = Duration::from_millis(100);

#[test]
fn an_instance_cut_off_is_unhealthy_at_its_ttl_and_back_one_heartbeat_after() {
    let _machine = among_others();
    let router = router();
    let onlooker = Onlooker::at(&router.url());
    let cut_off = Member::join(&onlooker, router.port(), "steady", "cut-off");
    let _witness = Member::join(&onlooker, router.port(), "steady", "witness");
    let look = || {
        let entry = onlooker.instance("steady", "cut-off");
        entry.expect("an instance that is silent is not forgotten yet")
    };

    cut_off.network.half_open();
    let mut trusted_until = Duration::ZERO;
    let expired_at = wait_for("the lease to end", || {
        let entry = look();
        let silent = silent_for(&entry);
        if entry.health == "unhealthy" {
            assert_eq!(entry.reason, "lease_expired");
            return Some(silent);
        }
        trusted_until = silent;
        assert!(silent <= LEASE_TTL + LATEST, "trusted after {silent:?}");
        None
    });
    assert!(expired_at >= LEASE_TTL, "expired after {expired_at:?}");
    println!("cut off: trusted until {trusted_until:?}, seen unhealthy at {expired_at:?}");

    wait_for("two leases to pass", || {
        let entry = look();
        assert!(!entry.routable, "an unhealthy instance is routed to");
        (silent_for(&entry) >= LEASE_TTL * 2).then_some(())
    });
    let witness = onlooker.instance("steady", "witness");
    assert_eq!(witness.expect("it is there").health, "healthy");

    cut_off.network.heal();
    let healed = Instant::now();
    wait_for("it to be back", || {
        (look().health == "healthy").then_some(())
    });
    let back = healed.elapsed();
    println!("cut off: back {back:?} after healing");
    assert!(back <= HEARTBEAT_INTERVAL + SLACK, "back after {back:?}");
    assert!(look().routable);
}
