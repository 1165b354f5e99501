//! What an instance costs, counted and not timed: allocations and work per event.

mod fleet;

use std::time::Duration;

use aegis_core::{Effect, MAX_DUE_PER_EVENT, TrustState};
use aegis_types::{Health, HealthReason};
use allocation_counter::measure;
use fleet::{Beat, Fleet};

#[test]
fn a_heartbeat_allocates_nothing() {
    let mut fleet = Fleet::of(10_000);
    let beats: Vec<Beat> = (0..10_000).map(|at| fleet.beat_of(at)).collect();
    // The first one of all makes the list of effects.
    fleet.beat(&beats[0]);
    let counted = measure(|| beats.iter().for_each(|beat| fleet.beat(beat)));
    assert_eq!(counted.count_total, 0);
}

/// All fall silent at once, are preserved, and expire once the router lets go of them.
#[test]
fn the_expiry_of_many_is_spread_over_many_events() {
    const MANY: usize = 20_000;
    let mut fleet = Fleet::of(MANY);
    let (mut expired, mut most) = (0, 0);
    // Late, preserved, expired: three looks at each, and a few events besides.
    for _ in 0..3 * MANY / MAX_DUE_PER_EVENT + 10 {
        if expired == MANY {
            break;
        }
        let effects = fleet.deadline();
        most = most.max(effects.len());
        expired += effects.iter().filter(|effect| is_expiry(effect)).count();
        // Each event takes this machine long: its own work must not look like sleep to it.
        fleet.now = fleet.now + Duration::from_millis(400);
    }
    assert_eq!(expired, MANY);
    // One change and one word of its heartbeats for each, one of the router's trust, and its probes of a
    // sample.
    assert!(
        most <= 2 * MAX_DUE_PER_EVENT + 10,
        "{most} effects of one event"
    );
    assert_eq!(fleet.router.trust().0, TrustState::Normal);
    fleet.router.check_invariants();
}

fn is_expiry(effect: &Effect) -> bool {
    match effect {
        Effect::Announce(change) => {
            change.to == Some(Health::Unhealthy)
                && change.reason == Some(HealthReason::LeaseExpired)
        }
        _ => false,
    }
}

/// Leaving a connection that vouches for many is not a search among them.
#[test]
fn instances_leave_a_connection_that_vouches_for_many_in_any_order() {
    let mut fleet = Fleet::vouched(100, |at| aegis_core::ConnectionId(at as u64 % 2));
    for at in (0..100).step_by(3).chain((1..100).step_by(3)) {
        fleet.leave(at);
        fleet.router.check_invariants();
    }
}
