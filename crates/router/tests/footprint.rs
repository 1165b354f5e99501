//! What an instance costs the router, core and driver together, counted and not timed.

mod crowd;

use allocation_counter::measure;
use crowd::{Crowd, registration};

/// The inboxes of all.
const ALL: &str = "_INBOX.*";

/// Ids of 24 bytes, 4 methods, all on one connection.
#[test]
fn an_instance_needs_little_memory() {
    const MANY: usize = 100_000;
    const BYTES_PER_INSTANCE: u64 = 600;
    let mut crowd = Crowd::new();
    let connection = crowd.connect(ALL);
    crowd.members.reserve_exact(MANY);
    let counted = measure(|| {
        for at in 0..MANY {
            crowd.register(connection, &registration(at));
        }
    });
    let bytes = counted.bytes_current.unsigned_abs() / MANY as u64;
    println!("{bytes} bytes per instance");
    assert!(bytes <= BYTES_PER_INSTANCE, "{bytes} bytes per instance");
    assert_eq!(crowd.switch.local().core().instances().count(), MANY);
}

/// From the bytes of the message to the lease: decoder, switch, driver and core.
#[test]
fn a_heartbeat_allocates_nothing_on_its_whole_way() {
    let mut crowd = Crowd::new();
    let connection = crowd.connect(ALL);
    for at in 0..100 {
        crowd.register(connection, &registration(at));
    }
    let mut bytes = Vec::new();
    (0..100).for_each(|at| crowd.push_heartbeat(&mut bytes, at));
    // The first round makes the buffers.
    crowd.switch.receive(crowd.now, connection, &bytes);
    let counted = measure(|| crowd.switch.receive(crowd.now, connection, &bytes));
    assert_eq!(counted.count_total, 0);
    let counters = crowd.switch.local().core().counters();
    assert_eq!((counters.heartbeats, counters.heartbeats_refused), (200, 0));
}
