use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

fn at(millis: u64) -> Instant {
    Instant::from_origin(Duration::from_millis(millis))
}

#[test]
fn runs_then_queues_then_refuses() {
    let mut admission = Admission::new(1, 1);
    let mut decisions = Vec::new();
    for work in ["runs", "waits", "refused"] {
        admission.arrived(at(0), at(100), work, &mut decisions);
        admission.check_invariants();
    }
    let overloaded = Refusal::Overloaded {
        running: 1,
        waiting: 1,
    };
    assert_eq!(
        decisions,
        [
            Decision::Start("runs"),
            Decision::Refuse("refused", overloaded)
        ]
    );
    decisions.clear();
    admission.finished(at(10), &mut decisions);
    assert_eq!(decisions, [Decision::Start("waits")]);
}

#[test]
fn expired_work_never_starts() {
    let mut admission = Admission::new(1, 4);
    let mut decisions = Vec::new();
    admission.arrived(at(0), at(100), "runs", &mut decisions);
    admission.arrived(at(0), at(20), "expires", &mut decisions);
    admission.arrived(at(0), at(100), "lives", &mut decisions);
    admission.arrived(at(5), at(5), "late", &mut decisions);
    decisions.remove(0);
    admission.finished(at(20), &mut decisions);
    assert_eq!(
        decisions,
        [
            Decision::Refuse("late", Refusal::Expired),
            Decision::Refuse("expires", Refusal::Expired),
            Decision::Start("lives"),
        ]
    );
}

#[test]
fn a_queue_full_of_expired_work_has_room() {
    let mut admission = Admission::new(1, 1);
    let mut decisions = Vec::new();
    admission.arrived(at(0), at(100), "runs", &mut decisions);
    admission.arrived(at(0), at(10), "expires", &mut decisions);
    decisions.clear();
    admission.arrived(at(10), at(100), "waits", &mut decisions);
    assert_eq!(decisions, [Decision::Refuse("expires", Refusal::Expired)]);
    assert_eq!(admission.waiting(), 1);
}

#[test]
fn draining_refuses_new_work_and_finishes_the_old() {
    let mut admission = Admission::new(1, 1);
    let mut decisions = Vec::new();
    admission.arrived(at(0), at(100), "runs", &mut decisions);
    admission.arrived(at(0), at(100), "waits", &mut decisions);
    admission.drain();
    admission.arrived(at(0), at(100), "new", &mut decisions);
    admission.finished(at(1), &mut decisions);
    assert_eq!(
        decisions,
        [
            Decision::Start("runs"),
            Decision::Refuse("new", Refusal::Draining),
            Decision::Start("waits"),
        ]
    );
    admission.finished(at(2), &mut decisions);
    assert!(admission.is_idle());
}

#[test]
fn closing_refuses_what_waits() {
    let mut admission = Admission::new(1, 1);
    let mut decisions = Vec::new();
    admission.arrived(at(0), at(100), "runs", &mut decisions);
    admission.arrived(at(0), at(100), "waits", &mut decisions);
    decisions.clear();
    admission.close(&mut decisions);
    admission.finished(at(1), &mut decisions);
    assert_eq!(decisions, [Decision::Refuse("waits", Refusal::Draining)]);
    assert!(admission.is_idle());
}

proptest! {
    #[test]
    fn every_request_is_decided_once_and_in_time(
        concurrency in 1usize..4,
        queue in 0usize..4,
        steps in proptest::collection::vec((0u64..20, proptest::option::of(0u64..40)), 1..200),
    ) {
        let mut admission = Admission::new(concurrency, queue);
        let mut now = 0;
        let mut taken = 0usize;
        let mut running = 0usize;
        let mut decided = BTreeSet::new();
        let mut last_started = None;
        let drain_everything = std::iter::repeat_n((1, None), 300);
        for (pause, arrival) in steps.into_iter().chain(drain_everything) {
            now += pause;
            let mut decisions = Vec::new();
            match arrival {
                Some(life) => {
                    let work = (taken, now + life);
                    taken += 1;
                    admission.arrived(at(now), at(now + life), work, &mut decisions);
                }
                None if running > 0 => {
                    running -= 1;
                    admission.finished(at(now), &mut decisions);
                }
                None => {}
            }
            for decision in decisions {
                let (number, deadline) = match decision {
                    Decision::Start(work) => {
                        running += 1;
                        prop_assert!(work.1 > now, "started after its deadline");
                        prop_assert!(last_started < Some(work.0), "out of order");
                        last_started = Some(work.0);
                        work
                    }
                    Decision::Refuse(work, refusal) => {
                        if refusal == Refusal::Expired {
                            prop_assert!(work.1 <= now);
                        }
                        work
                    }
                };
                prop_assert!(decided.insert(number), "decided twice, deadline {deadline}");
            }
            admission.check_invariants();
            prop_assert_eq!(admission.running(), running);
        }
        prop_assert!(admission.is_idle());
        prop_assert_eq!(decided.len(), taken);
    }
}
