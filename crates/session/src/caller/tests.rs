use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn at(millis: u64) -> Instant {
    Instant::from_origin(Duration::from_millis(millis))
}

fn caller(wish: RetryWish) -> Caller {
    Caller::new(Instant::ZERO + SECOND, wish, 1)
}

fn ended(caller: &mut Caller, now: Instant, end: SendEnd) -> Step {
    let step = caller.handle(now, Event::SendEnded(end));
    caller.check_invariants();
    step.expect("a send that ended always has a next step")
}

#[test]
fn an_answer_ends_it() {
    let mut caller = caller(RetryWish::Proof);
    assert_eq!(
        caller.start(at(0)),
        Step::Send {
            time_left: SECOND,
            wait: SECOND + ANSWER_MARGIN
        }
    );
    assert_eq!(
        ended(&mut caller, at(3), SendEnd::Answered),
        Step::End(Ending::Answered)
    );
    assert_eq!(caller.handle(at(4), Event::Connected), None);
}

#[test]
fn no_router_is_proof_and_is_tried_until_just_before_the_deadline() {
    let mut caller = caller(RetryWish::Proof);
    let mut now = at(0);
    let mut step = caller.start(now);
    loop {
        match step {
            Step::Send { time_left, .. } => {
                assert_eq!(time_left, (Instant::ZERO + SECOND).saturating_since(now));
                step = ended(&mut caller, now, SendEnd::NoRouter);
            }
            Step::Pause { until } => {
                assert_eq!(caller.handle(now, Event::TimerFired), None, "too early");
                now = until;
                step = caller.handle(now, Event::TimerFired).unwrap();
            }
            Step::WaitForConnection { .. } => panic!("the connection was never lost"),
            Step::End(ending) => {
                assert_eq!(ending, Ending::NotRun(Obstacle::NoRouter));
                break;
            }
        }
    }
    assert!(now >= at(980), "gave up at {now}");
    assert!((5..20).contains(&caller.sends()), "{}", caller.sends());
}

#[test]
fn a_lost_connection_leaves_the_outcome_unknown_at_once() {
    for wish in [RetryWish::Proof, RetryWish::Failed] {
        let mut caller = caller(wish);
        caller.start(at(0));
        assert_eq!(
            ended(&mut caller, at(5), SendEnd::ConnectionLost),
            Step::End(Ending::Unknown(Obstacle::ConnectionLost))
        );
    }
}

#[test]
fn with_the_wish_unknown_it_goes_out_again_when_connected() {
    let mut caller = caller(RetryWish::Unknown);
    caller.start(at(0));
    assert_eq!(
        ended(&mut caller, at(5), SendEnd::ConnectionLost),
        Step::WaitForConnection { until: at(1000) }
    );
    assert_eq!(
        caller.handle(at(105), Event::Connected),
        Some(Step::Send {
            time_left: Duration::from_millis(895),
            wait: Duration::from_millis(1395)
        })
    );
    // The first send may have run, whatever is proven about the second.
    let mut now = at(110);
    let mut step = ended(&mut caller, now, SendEnd::NoRouter);
    while let Step::Pause { until } = step {
        now = until;
        caller.handle(now, Event::TimerFired);
        step = ended(&mut caller, now, SendEnd::NoRouter);
    }
    assert_eq!(step, Step::End(Ending::Unknown(Obstacle::ConnectionLost)));
}

#[test]
fn waiting_for_a_connection_ends_at_the_deadline_with_proof() {
    let mut caller = caller(RetryWish::Proof);
    caller.start(at(0));
    assert_eq!(
        ended(&mut caller, at(0), SendEnd::NotSent),
        Step::WaitForConnection { until: at(1000) }
    );
    assert_eq!(caller.handle(at(999), Event::TimerFired), None);
    assert_eq!(
        caller.handle(at(1000), Event::TimerFired),
        Some(Step::End(Ending::NotRun(Obstacle::NotConnected)))
    );
    assert_eq!(caller.sends(), 0);
}

#[test]
fn silence_leaves_the_outcome_unknown() {
    let mut caller = caller(RetryWish::Unknown);
    caller.start(at(0));
    assert_eq!(
        ended(&mut caller, at(1500), SendEnd::TimedOut),
        Step::End(Ending::Unknown(Obstacle::NoAnswer))
    );
}

#[test]
fn what_no_instance_can_take_yet_is_sent_again_for_who_asks_for_that() {
    let unplaced = SendEnd::Unplaced { retry_after: None };
    for wish in [RetryWish::Proof, RetryWish::Failed] {
        let mut caller = caller(wish);
        caller.start(at(0));
        let step = ended(&mut caller, at(1), unplaced);
        assert_eq!(step, Step::End(Ending::Answered));
    }
    let mut caller = caller(RetryWish::Unknown);
    let mut now = at(0);
    let mut step = caller.start(now);
    while now < at(700) {
        step = match step {
            Step::Send { .. } => ended(&mut caller, now, unplaced),
            Step::Pause { until } => {
                now = until;
                caller.handle(now, Event::TimerFired).unwrap()
            }
            other => panic!("{other:?}"),
        };
    }
    // Its last answer is the answer; one that is lost is not covered by the answer before it.
    if let Step::Pause { until } = step {
        now = until;
        caller.handle(now, Event::TimerFired);
    }
    let mut lost = caller.clone();
    while let Step::Pause { until } = ended(&mut caller, now, unplaced) {
        now = until;
        caller.handle(now, Event::TimerFired);
    }
    assert_eq!(caller.handle(now, Event::TimerFired), None);
    let step = ended(&mut lost, at(900), SendEnd::TimedOut);
    assert_eq!(step, Step::End(Ending::Unknown(Obstacle::NoAnswer)));
}

#[test]
fn a_new_connection_begins_with_short_pauses() {
    let mut caller = caller(RetryWish::Unknown);
    let mut now = at(0);
    caller.start(now);
    let unplaced = SendEnd::Unplaced { retry_after: None };
    for _ in 0..4 {
        let Step::Pause { until } = ended(&mut caller, now, unplaced) else {
            panic!("it is worth another try");
        };
        now = until;
        caller.handle(now, Event::TimerFired).unwrap();
    }
    ended(&mut caller, now, SendEnd::ConnectionLost);
    caller.handle(now, Event::Connected).unwrap();
    let Step::Pause { until } = ended(&mut caller, now, unplaced) else {
        panic!("it is worth another try");
    };
    assert!(until.saturating_since(now) <= NO_ROUTER_PAUSES.0);
}

#[test]
fn a_router_that_goes_down_is_as_good_as_none() {
    let mut caller = caller(RetryWish::Proof);
    caller.start(at(0));
    let Step::Pause { until } = ended(&mut caller, at(1), SendEnd::RouterStopping) else {
        panic!("not sent again");
    };
    caller.handle(until, Event::TimerFired);
    let step = ended(&mut caller, until, SendEnd::NotSent);
    assert_eq!(step, Step::WaitForConnection { until: at(1000) });
    let end = caller.handle(at(1000), Event::TimerFired);
    let ending = Ending::NotRun(Obstacle::NotConnected);
    assert_eq!(end, Some(Step::End(ending)));
}

#[test]
fn the_routers_wait_is_kept_or_the_call_ends() {
    let mut caller = caller(RetryWish::Unknown);
    caller.start(at(0));
    let wait = |millis| SendEnd::Unplaced {
        retry_after: Some(Duration::from_millis(millis)),
    };
    let step = ended(&mut caller, at(0), wait(300));
    assert_eq!(step, Step::Pause { until: at(300) });
    caller.handle(at(300), Event::TimerFired);
    let step = ended(&mut caller, at(310), wait(900));
    assert_eq!(step, Step::End(Ending::Answered));
}

fn any_end() -> impl Strategy<Value = SendEnd> {
    prop_oneof![
        Just(SendEnd::Answered),
        Just(SendEnd::NoRouter),
        Just(SendEnd::RouterStopping),
        Just(SendEnd::Unplaced { retry_after: None }),
        Just(SendEnd::NotSent),
        Just(SendEnd::ConnectionLost),
        Just(SendEnd::TimedOut),
    ]
}

proptest! {
    #[test]
    fn never_lies_and_always_ends(
        seed in any::<u64>(),
        wish in prop_oneof![Just(RetryWish::Proof), Just(RetryWish::Unknown), Just(RetryWish::Failed)],
        script in proptest::collection::vec((any_end(), 0u64..400), 1..40),
    ) {
        let deadline = at(1000);
        let mut caller = Caller::new(deadline, wish, seed);
        let mut now = at(0);
        let mut step = caller.start(now);
        let mut reached = false;
        let mut last_answered = false;
        let mut script = script.into_iter();
        for _ in 0..200 {
            caller.check_invariants();
            step = match step {
                Step::Send { time_left, wait } => {
                    prop_assert!(now < deadline, "sent after the deadline");
                    prop_assert!(!reached || wish == RetryWish::Unknown, "sent again without leave");
                    prop_assert_eq!(now + time_left, deadline);
                    let (end, after) = script.next().unwrap_or((SendEnd::TimedOut, 0));
                    let after = Duration::from_millis(after);
                    now = match end {
                        SendEnd::TimedOut => now + wait,
                        _ => now + after.min(wait),
                    };
                    reached |= matches!(end, SendEnd::ConnectionLost | SendEnd::TimedOut);
                    last_answered = matches!(
                        end,
                        SendEnd::Answered | SendEnd::RouterStopping | SendEnd::Unplaced { .. }
                    );
                    caller.handle(now, Event::SendEnded(end)).unwrap()
                }
                Step::WaitForConnection { until } => {
                    let (end, after) = script.next().unwrap_or((SendEnd::TimedOut, 0));
                    let back = now + Duration::from_millis(after);
                    if end == SendEnd::TimedOut || back >= until {
                        now = now.max(until);
                        caller.handle(now, Event::TimerFired).unwrap()
                    } else {
                        now = back;
                        caller.handle(now, Event::Connected).unwrap()
                    }
                }
                Step::Pause { until } => {
                    now = until;
                    caller.handle(now, Event::TimerFired).unwrap()
                }
                Step::End(ending) => {
                    prop_assert!(now <= deadline + ANSWER_MARGIN, "ended late");
                    match ending {
                        Ending::Answered => prop_assert!(last_answered, "an answer of the past"),
                        Ending::NotRun(_) => prop_assert!(!reached, "claims proof it does not have"),
                        Ending::Unknown(_) => prop_assert!(reached),
                    }
                    return Ok(());
                }
            };
        }
        prop_assert!(false, "never ended");
    }
}
