//! What one heartbeat costs at a million registered instances.
//!
//!     cargo bench -p aegis-core --bench registry

#![expect(missing_docs, reason = "criterion's macro makes a public function")]

mod cpu_time;
#[path = "../tests/fleet/mod.rs"]
mod fleet;

use cpu_time::CpuTime;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use fleet::Fleet;

const INSTANCES: usize = 1_000_000;

/// Coprime to the number of instances: walks them all, no two neighbours in a row.
const STRIDE: usize = 611_953;

/// Heartbeats made before they are timed: as if read from a socket just now.
const READ: BatchSize = BatchSize::NumIterations(1_000);

fn heartbeat(criterion: &mut Criterion<CpuTime>) {
    let mut fleet = Fleet::of(INSTANCES);
    for (name, stride) in [("neighbours", 1), ("scattered", STRIDE)] {
        let mut at = 0;
        criterion.bench_function(&format!("heartbeat_of_a_million_{name}"), |bencher| {
            let fleet = std::cell::RefCell::new(&mut fleet);
            bencher.iter_batched_ref(
                || {
                    at = (at + stride) % INSTANCES;
                    fleet.borrow().beat_of(at)
                },
                |beat| fleet.borrow_mut().beat(beat),
                READ,
            );
        });
    }
}

criterion_group! {
    name = registry;
    config = Criterion::default().with_measurement(CpuTime);
    targets = heartbeat
}
criterion_main!(registry);
