//! Crashes under load, with real processes and sockets: a router, three instances, and
//! callers of a method that may be repeated and of one that must not.

#![expect(clippy::expect_used, reason = "a panic is how a test fails")]

mod fleet;
mod load;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aegis_testkit::wait_for;

use fleet::{Fleet, INSTANCES, LEASE_TTL};
use load::{Load, QUOTE_CALLERS};

/// SIGKILLs, in turn on each instance.
const KILLS: usize = 20;

/// Calls of each kind that must succeed before the next kill: the load is on.
const CALLS_BETWEEN_KILLS: u64 = 20;

#[test]
fn no_repeatable_call_fails_and_no_other_starts_twice() {
    let mut fleet = Fleet::start();
    let load = Load::start(&fleet.url());
    let mut slowest = Duration::ZERO;
    for kill in 0..KILLS {
        let victim = kill % INSTANCES;
        let before = load.seen();
        wait_for("load", || {
            let now = load.seen();
            let enough = now.quotes >= before.quotes + CALLS_BETWEEN_KILLS
                && now.charges >= before.charges + CALLS_BETWEEN_KILLS;
            enough.then_some(())
        });
        wait_for("work in flight on the victim", || {
            (load.in_flight_on(fleet.id(victim)) > QUOTE_CALLERS as u64 + 1).then_some(())
        });
        let lost_before = load.lost_on(fleet.id(victim));
        fleet.crash(victim);
        wait_for("the loss to be noticed", || {
            (!load.is_routable(fleet.id(victim))).then_some(())
        });
        wait_for("calls in flight on the victim to be told", || {
            (load.lost_on(fleet.id(victim)) > lost_before).then_some(())
        });
        // Its id is free long before the lease of its old life ends.
        let restarted = Instant::now();
        fleet.restart(victim);
        wait_for("the victim to be back", || {
            load.is_routable(fleet.id(victim)).then_some(())
        });
        slowest = slowest.max(restarted.elapsed());
    }
    println!("back and routable after a restart: at most {slowest:?}");
    assert!(
        slowest < LEASE_TTL / 2,
        "{slowest:?} of a lease of {LEASE_TTL:?}"
    );
    let outcome = load.stop();
    let starts = fleet.stop();

    assert_eq!(
        outcome.failed_quotes,
        Vec::<String>::new(),
        "calls that were safe to move"
    );
    assert!(
        outcome.moved_quotes >= 1,
        "no repeatable call was ever moved"
    );
    assert_eq!(
        outcome.odd_charges,
        Vec::<String>::new(),
        "neither done nor outcome unknown"
    );
    assert!(
        outcome.unknown_charges.len() >= KILLS,
        "each kill left calls in flight"
    );
    let mut twice = starts.clone();
    twice.retain(|_, times| *times > 1);
    assert_eq!(twice, HashMap::new(), "charges that started more than once");
    for id in &outcome.done_charges {
        assert_eq!(
            starts.get(id),
            Some(&1),
            "charge {id} has a result and no start"
        );
    }
}
