use std::time::{Duration, Instant};

use aegis_client::{Client, RetryWish};
use aegis_testkit::wait_for;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::process;
use crate::stage::alone;
use crate::world::{Onlooker, router};

/// One look at each kind of day; they take turns, so that a noisy machine is noisy for both.
const PHASE: Duration = Duration::from_millis(800);
const ROUNDS: usize = 3;

/// Callers of the other service, whose calls may hang or fail.
const OTHER_CALLERS: usize = 16;
const STEADY_CALLERS: usize = 4;

#[test]
fn an_instance_that_stalls_or_dies_costs_calls_to_others_nothing() {
    let _machine = alone();
    let router = router();
    let onlooker = Onlooker::at(&router.url());
    let _steady = process::instance(&router.url(), "steady", "steady-1");
    let disturbance: Vec<_> = (0..OTHER_CALLERS)
        .map(|_| onlooker.spawn(call_other(onlooker.client())))
        .collect();
    let (mut control, mut stalled, mut dead) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let mut other = process::instance(&router.url(), "other", &format!("other-{round}"));
        wait_for_calls(&onlooker);
        control.extend(measure(&onlooker));
        other.pause();
        // Its calls hang now, and their callers go on.
        wait_for_calls(&onlooker);
        stalled.extend(measure(&onlooker));
        other.crash();
        dead.extend(measure(&onlooker));
    }
    disturbance.iter().for_each(JoinHandle::abort);
    for took in [&mut control, &mut stalled, &mut dead] {
        took.sort_unstable();
    }
    for percent in [50, 99] {
        let of = |took: &[Duration]| took[took.len() * percent / 100];
        let (control, stalled, dead) = (of(&control), of(&stalled), of(&dead));
        println!(
            "p{percent}: control {control:?}, beside a stalled one {stalled:?} ({:.2} times), beside a dead one {dead:?} ({:.2} times)",
            stalled.as_secs_f64() / control.as_secs_f64(),
            dead.as_secs_f64() / control.as_secs_f64()
        );
    }
}

/// Until the other service has calls in flight.
fn wait_for_calls(onlooker: &Onlooker) {
    wait_for("calls in flight", || {
        let others = onlooker.instances("other");
        others.iter().any(|entry| entry.in_flight > 0).then_some(())
    });
}

/// Calls another service at a steady pace; whatever comes of it.
async fn call_other(client: Client) {
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        pace.tick().await;
        let work = client
            .request("other", "work")
            .timeout(Duration::from_millis(500));
        let _ = work.retry(RetryWish::Unknown).send::<_, String>(&5).await;
    }
}

/// How long each call to the steady service took. None may fail.
fn measure(onlooker: &Onlooker) -> Vec<Duration> {
    let callers: Vec<_> = (0..STEADY_CALLERS)
        .map(|_| onlooker.spawn(call_steady(onlooker.client())))
        .collect();
    let took = callers.into_iter().map(|caller| onlooker.join(caller));
    took.flatten().collect()
}

async fn call_steady(client: Client) -> Vec<Duration> {
    let mut pace = tokio::time::interval(Duration::from_millis(4));
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = Instant::now() + PHASE;
    let mut took = Vec::new();
    while Instant::now() < end {
        pace.tick().await;
        let start = Instant::now();
        let called: Result<String, _> = client.call("steady", "work", &0).await;
        called.expect("a call to a healthy service");
        took.push(start.elapsed());
    }
    took
}
