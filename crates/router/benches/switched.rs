//! Bytes to a driver in a real switch, without sockets: the router's own share of the work.
//!
//!     cargo bench -p aegis-router --bench switched

#![expect(missing_docs, reason = "criterion's macro makes a public function")]
#![expect(clippy::print_stdout, reason = "a benchmark shows what it measured")]

#[path = "../../core/benches/cpu_time/mod.rs"]
mod cpu_time;
#[path = "../tests/crowd/mod.rs"]
mod crowd;

use std::time::Duration;

use aegis_nats::LocalPeer;
use cpu_time::{CpuTime, thread_time};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use crowd::{Crowd, inbox, registration};

/// The inboxes of all.
const ALL: &str = "_INBOX.*";

/// Fire-and-forget heartbeats of so many instances from one connection, as one read brings them.
fn heartbeats(criterion: &mut Criterion<CpuTime>) {
    const READ: usize = 256 * 1024;
    for instances in [1_000, 100_000] {
        let mut crowd = Crowd::new();
        let connection = crowd.connect(ALL);
        for at in 0..instances {
            crowd.register(connection, &registration(at));
        }
        let mut reads = Vec::new();
        let mut read = (Vec::new(), 0);
        for at in 0..instances {
            crowd.push_heartbeat(&mut read.0, at);
            read.1 += 1;
            if read.0.len() > READ {
                reads.push(std::mem::take(&mut read));
            }
        }
        reads.push(read);
        let mut group = criterion.benchmark_group("heartbeats_from_one_connection");
        group.throughput(Throughput::Elements(instances as u64));
        group.sample_size(20);
        group.bench_function(format!("of_{instances}"), |bencher| {
            bencher.iter(|| {
                for (bytes, _) in &reads {
                    crowd.switch.receive(crowd.now, connection, bytes);
                }
            });
        });
        group.finish();
        assert_eq!(crowd.switch.local().core().counters().heartbeats_refused, 0);
    }
}

/// Each on a connection of its own, as a fleet comes after a restart of the router.
fn registrations(criterion: &mut Criterion<CpuTime>) {
    const INSTANCES: usize = 10_000;
    let asked: Vec<Vec<u8>> = (0..INSTANCES).map(registration).collect();
    let mut group = criterion.benchmark_group("registrations");
    group.throughput(Throughput::Elements(INSTANCES as u64));
    group.sample_size(10);
    group.bench_function("10000", |bencher| {
        bencher.iter_batched(
            || {
                let mut crowd = Crowd::new();
                let connections: Vec<_> =
                    (0..INSTANCES).map(|at| crowd.connect(&inbox(at))).collect();
                (crowd, connections)
            },
            |(mut crowd, connections)| {
                for (connection, bytes) in connections.into_iter().zip(&asked) {
                    crowd.register(connection, bytes);
                }
                crowd
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// All of a hundred thousand fall silent: how long one turn of the timer takes at most, until all
/// have expired and from then until all are forgotten. Not medians, so criterion has no part in it.
/// The last turn of all also waits for the allocator, which gives the memory of everybody back.
fn expiry(_: &mut Criterion<CpuTime>) {
    let (mut expiring, mut forgetting) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let mut crowd = Crowd::new();
        let connection = crowd.connect(ALL);
        for at in 0..100_000 {
            crowd.register(connection, &registration(at));
        }
        expiring.push(longest_turn(&mut crowd, Duration::from_secs(200)));
        forgetting.push(longest_turn(&mut crowd, Duration::MAX));
    }
    expiring.sort_unstable();
    forgetting.sort_unstable();
    println!("100000 expire: longest turns of five runs {expiring:?}");
    println!("100000 are forgotten: longest turns of five runs {forgetting:?}");
}

fn longest_turn(crowd: &mut Crowd, until: Duration) -> Duration {
    let mut longest = Duration::ZERO;
    while crowd
        .switch
        .local()
        .next_deadline()
        .is_some_and(|due| due < until)
    {
        let before = thread_time();
        crowd.deadline();
        longest = longest.max(thread_time() - before);
    }
    longest
}

criterion_group! {
    name = switched;
    config = Criterion::default().with_measurement(CpuTime);
    targets = heartbeats, registrations, expiry
}
criterion_main!(switched);
