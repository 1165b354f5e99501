use std::cell::Cell;
use std::time::Duration;

use aegis_testkit::Direction;

use crate::member::Member;
use crate::stage::among_others;
use crate::world::{HEARTBEAT_INTERVAL, LEASE_TTL, Onlooker, router, silent_for};

/// By so much the longest silence exceeds the interval, whenever in it the delay begins.
const LATER: Duration = Duration::from_millis(250);

#[test]
fn heartbeats_late_by_half_a_ttl_make_nobody_unhealthy() {
    let _machine = among_others();
    let router = router();
    let onlooker = Onlooker::at(&router.url());
    let late = Member::join(&onlooker, router.port(), "steady", "late");
    late.network.delay(Direction::ToBroker, LEASE_TTL / 2);
    let longest = Cell::new(Duration::ZERO);
    onlooker.watch("steady", LEASE_TTL * 3, |instances| {
        let [late] = instances else {
            panic!("not one instance: {instances:?}");
        };
        assert!(late.routable, "{late:?}");
        assert_ne!(late.health, "unhealthy");
        longest.set(longest.get().max(silent_for(late)));
    });
    println!("late heartbeats: silent for at most {:?}", longest.get());
    assert!(
        longest.get() > HEARTBEAT_INTERVAL + LATER,
        "they were not late"
    );
}
