use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const TTL: Duration = Duration::from_secs(30);
const EVERY_5S: Heartbeats = Heartbeats::Every(Duration::from_secs(5));

fn at(millis: u64) -> Instant {
    Instant::from_origin(Duration::from_millis(millis))
}

/// A lifeline with its shell played by hand.
struct Bench {
    now: Instant,
    lifeline: Lifeline,
}

impl Bench {
    fn new(heartbeats: Heartbeats) -> Bench {
        Bench {
            now: Instant::ZERO,
            lifeline: Lifeline::new(heartbeats, 42),
        }
    }

    fn registered(heartbeats: Heartbeats) -> Bench {
        let mut bench = Bench::new(heartbeats);
        bench.register();
        bench
    }

    fn tell(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.lifeline.handle(self.now, event, &mut effects);
        self.lifeline.check_invariants(self.now);
        effects
    }

    /// Lets time pass to `millis` in one step, as after a stall.
    fn sleep_until(&mut self, millis: u64) -> Vec<Effect> {
        self.now = at(millis);
        self.tell(Event::TimerFired)
    }

    /// Lets time pass to the next deadline.
    fn wake(&mut self) -> Vec<Effect> {
        self.now = self.lifeline.next_deadline().expect("a deadline");
        self.tell(Event::TimerFired)
    }

    /// From disconnected to the registration being out; gives its number.
    fn ask_to_register(&mut self) -> Ask {
        let mut effects = self.tell(Event::Connected);
        if effects.is_empty() {
            effects = self.wake();
        }
        self.prepare(&effects)
    }

    fn prepare(&mut self, effects: &[Effect]) -> Ask {
        let [Effect::PrepareInbox { ask, .. }] = effects else {
            panic!("{effects:?}");
        };
        let effects = self.tell(Event::InboxPrepared {
            ask: *ask,
            ready: true,
        });
        let [Effect::Register { ask, .. }] = effects[..] else {
            panic!("{effects:?}");
        };
        ask
    }

    fn register(&mut self) {
        let ask = self.ask_to_register();
        self.accept(ask);
    }

    fn accept(&mut self, ask: Ask) {
        let effects = self.tell(Event::RegisterAnswered {
            ask,
            answer: accepted(),
        });
        assert!(
            matches!(effects[..], [Effect::ReportRegistered { .. }]),
            "{effects:?}"
        );
    }

    fn heartbeat(&mut self, ask: Ask, answer: HeartbeatAnswer) -> Vec<Effect> {
        self.tell(Event::HeartbeatAnswered { ask, answer })
    }
}

fn accepted() -> RegisterAnswer {
    RegisterAnswer::Accepted {
        lease_ttl: TTL,
        token: LeaseToken::from_bits(424_242),
    }
}

fn renewed() -> HeartbeatAnswer {
    HeartbeatAnswer::Renewed {
        lease_ttl: TTL,
        next_interval: None,
    }
}

fn refused(retryable: bool) -> RegisterAnswer {
    RegisterAnswer::Refused {
        code: Arc::from("DUPLICATE_INSTANCE"),
        message: Arc::from("q-1 is held"),
        retryable,
    }
}

fn beat(effects: &[Effect]) -> Ask {
    let [Effect::Heartbeat { ask, .. }] = effects else {
        panic!("not one heartbeat: {effects:?}");
    };
    *ask
}

#[test]
fn registers_at_once_and_beats_every_interval() {
    let mut bench = Bench::registered(EVERY_5S);
    assert_eq!(
        bench.now,
        Instant::ZERO,
        "the first registration waits for nothing"
    );
    for round in 1..4 {
        let effects = bench.wake();
        assert_eq!(bench.now, at(5000 * round));
        let ask = beat(&effects);
        assert_eq!(bench.heartbeat(ask, renewed()), []);
    }
    assert_eq!(
        bench.lifeline.status(bench.now),
        HeartbeatStatus::Running {
            acknowledged: at(15_000),
            missed: 0,
            next_due: at(20_000),
            lease_until: at(45_000),
        }
    );
}

#[test]
fn after_a_stall_one_heartbeat_goes_out() {
    let mut bench = Bench::registered(EVERY_5S);
    let ask = beat(&bench.sleep_until(28_000));
    assert_eq!(
        bench.heartbeat(ask, renewed()),
        [],
        "what was missed is skipped"
    );
    assert_eq!(bench.lifeline.next_deadline(), Some(at(33_000)));
}

#[test]
fn a_heartbeat_that_is_out_is_waited_for() {
    let mut bench = Bench::registered(EVERY_5S);
    let slow = beat(&bench.wake());
    assert_eq!(bench.sleep_until(17_000), [], "one is out");
    let next = beat(&bench.heartbeat(slow, renewed()));
    assert_eq!(bench.heartbeat(next, renewed()), [], "no burst");
    assert_eq!(bench.lifeline.next_deadline(), Some(at(22_000)));
}

#[test]
fn the_inbox_comes_before_the_registration() {
    let mut bench = Bench::new(EVERY_5S);
    let effects = bench.tell(Event::Connected);
    let [Effect::PrepareInbox { ask, .. }] = effects[..] else {
        panic!("{effects:?}");
    };
    let effects = bench.tell(Event::InboxPrepared { ask, ready: false });
    assert_eq!(effects, [Effect::ReportWaiting(WaitingFor::Inbox)]);
    let effects = bench.wake();
    let ask = bench.prepare(&effects);
    bench.accept(ask);
}

#[test]
fn waiting_for_a_router_is_said_once_and_ends_by_itself() {
    let mut bench = Bench::new(EVERY_5S);
    let mut ask = bench.ask_to_register();
    let mut said = 0;
    for silence in [Silence::NoRouter, Silence::TimedOut, Silence::NoRouter] {
        let answer = RegisterAnswer::Unanswered(silence);
        let effects = bench.tell(Event::RegisterAnswered { ask, answer });
        said += effects.len();
        assert_eq!(
            bench.lifeline.status(bench.now),
            HeartbeatStatus::Waiting(WaitingFor::Router)
        );
        let effects = bench.wake();
        ask = bench.prepare(&effects);
    }
    assert_eq!(said, 1);
    bench.accept(ask);
}

#[test]
fn comes_back_after_broker_loss_with_jitter() {
    let mut bench = Bench::registered(EVERY_5S);
    let effects = bench.tell(Event::ConnectionLost);
    assert_eq!(effects, [Effect::ReportWaiting(WaitingFor::Broker)]);
    assert_eq!(
        bench.lifeline.status(bench.now),
        HeartbeatStatus::Waiting(WaitingFor::Broker)
    );
    bench.now = at(60_000);
    let ask = bench.ask_to_register();
    assert!(
        bench.now > at(60_000) && bench.now <= at(60_500),
        "{}",
        bench.now
    );
    let effects = bench.tell(Event::RegisterAnswered {
        ask,
        answer: accepted(),
    });
    assert_eq!(effects, [Effect::ReportRegistered { again: true }]);
}

#[test]
fn an_unknown_instance_registers_again() {
    let mut bench = Bench::registered(EVERY_5S);
    let ask = beat(&bench.wake());
    assert_eq!(bench.heartbeat(ask, HeartbeatAnswer::UnknownInstance), []);
    let effects = bench.wake();
    assert!(bench.now <= at(5_500));
    let ask = bench.prepare(&effects);
    bench.accept(ask);
}

#[test]
fn a_stale_incarnation_stops() {
    let mut bench = Bench::registered(EVERY_5S);
    let ask = beat(&bench.wake());
    let message: Arc<str> = Arc::from("held by a later start");
    let effects = bench.heartbeat(
        ask,
        HeartbeatAnswer::StaleIncarnation {
            message: message.clone(),
        },
    );
    assert_eq!(
        effects,
        [Effect::ReportStopped(StopReason::Replaced { message })]
    );
    assert_eq!(bench.tell(Event::Connected), []);
}

#[test]
fn an_evicted_instance_stops_and_does_not_register_again() {
    let mut bench = Bench::registered(EVERY_5S);
    let ask = beat(&bench.wake());
    let message: Arc<str> = Arc::from("an operator put it out");
    let answer = HeartbeatAnswer::Evicted {
        message: message.clone(),
    };
    let effects = bench.heartbeat(ask, answer);
    let reason = StopReason::Evicted { message };
    assert_eq!(effects, [Effect::ReportStopped(reason)]);
    assert_eq!(bench.lifeline.next_deadline(), None);
    assert_eq!(bench.tell(Event::ConnectionLost), []);
    assert_eq!(bench.tell(Event::Connected), []);
}

#[test]
fn a_held_id_is_asked_for_again_while_that_may_help() {
    let mut bench = Bench::new(EVERY_5S);
    let ask = bench.ask_to_register();
    let effects = bench.tell(Event::RegisterAnswered {
        ask,
        answer: refused(true),
    });
    assert!(matches!(
        effects[..],
        [Effect::ReportWaiting(WaitingFor::Refusal { .. })]
    ));
    let effects = bench.wake();
    let ask = bench.prepare(&effects);
    let effects = bench.tell(Event::RegisterAnswered {
        ask,
        answer: refused(false),
    });
    assert!(matches!(
        effects[..],
        [Effect::ReportStopped(StopReason::Refused { .. })]
    ));
}

#[test]
fn missed_heartbeats_are_counted_and_the_lease_tells_the_truth() {
    let mut bench = Bench::registered(EVERY_5S);
    let mut said = Vec::new();
    while bench.now < at(30_000) {
        for effect in bench.wake() {
            match effect {
                Effect::Heartbeat { ask, timeout, .. } => {
                    assert_eq!(timeout, Duration::from_secs(5));
                    let answer = HeartbeatAnswer::Unanswered(Silence::NoRouter);
                    said.extend(bench.heartbeat(ask, answer));
                }
                other => panic!("{other:?}"),
            }
        }
        if bench.now < at(30_000) {
            let status = bench.lifeline.status(bench.now);
            assert!(matches!(
                status,
                HeartbeatStatus::Running { missed: 1.., .. }
            ));
        }
    }
    assert_eq!(said, [Effect::ReportWaiting(WaitingFor::Router)]);
    assert_eq!(
        bench.lifeline.status(bench.now),
        HeartbeatStatus::Waiting(WaitingFor::Router)
    );
    let ask = beat(&bench.wake());
    bench.heartbeat(ask, renewed());
    assert!(matches!(
        bench.lifeline.status(bench.now),
        HeartbeatStatus::Running { missed: 0, .. }
    ));
}

#[test]
fn by_hand_beats_only_when_asked() {
    let mut bench = Bench::registered(Heartbeats::ByHand);
    assert_eq!(bench.lifeline.next_deadline(), None);
    bench.now = at(9_000);
    let ask = beat(&bench.tell(Event::HeartbeatAsked));
    assert_eq!(
        bench.tell(Event::HeartbeatAsked),
        [],
        "one question at a time"
    );
    bench.now = at(9_001);
    let effects = bench.heartbeat(ask, renewed());
    let ask = beat(&effects);
    bench.now = at(9_002);
    assert_eq!(
        bench.heartbeat(ask, renewed()),
        [Effect::AnswerAskers(Ok(()))]
    );
    assert_eq!(
        bench.lifeline.status(bench.now),
        HeartbeatStatus::Off {
            acknowledged: at(9_002),
            missed: 0,
            lease_until: at(39_001)
        }
    );
}

#[test]
fn askers_always_hear_back() {
    let mut bench = Bench::new(Heartbeats::ByHand);
    let failure = HeartbeatFailure::NotRegistered(WaitingFor::Broker);
    assert_eq!(
        bench.tell(Event::HeartbeatAsked),
        [Effect::AnswerAskers(Err(failure))]
    );
    bench.register();
    beat(&bench.tell(Event::HeartbeatAsked));
    assert_eq!(
        bench.tell(Event::ConnectionLost)[0],
        Effect::AnswerAskers(Err(HeartbeatFailure::ConnectionLost))
    );
}

#[test]
fn deregisters_with_the_token_also_in_the_middle_of_registering() {
    let mut bench = Bench::new(EVERY_5S);
    let ask = bench.ask_to_register();
    assert_eq!(bench.tell(Event::DeregisterAsked), []);
    let effects = bench.tell(Event::RegisterAnswered {
        ask,
        answer: accepted(),
    });
    let [Effect::Deregister { ask, token, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(token.bits(), 424_242);
    let effects = bench.tell(Event::DeregisterAnswered {
        ask: *ask,
        confirmed: true,
    });
    let reason = StopReason::Deregistered { confirmed: true };
    assert_eq!(effects, [Effect::ReportStopped(reason)]);
    assert_eq!(bench.lifeline.next_deadline(), None);
}

#[test]
fn the_router_may_change_the_interval() {
    let mut bench = Bench::registered(EVERY_5S);
    let ask = beat(&bench.wake());
    let answer = HeartbeatAnswer::Renewed {
        lease_ttl: TTL,
        next_interval: Some(Duration::from_secs(2)),
    };
    bench.heartbeat(ask, answer);
    assert_eq!(bench.lifeline.next_deadline(), Some(at(7_000)));
}

#[test]
fn tokens_are_never_printed() {
    assert!(!format!("{:?}", accepted()).contains("424242"));
}

/// What a hostile shell does next; answers go to the question that is out, or to an older one.
#[derive(Clone, Debug)]
enum Act {
    Connected,
    ConnectionLost,
    AnswerWell,
    AnswerBadly(u8),
    AnswerAnOldQuestion,
    HeartbeatAsked,
    DeregisterAsked,
    Sleep(u64),
}

fn any_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Connected),
        1 => Just(Act::ConnectionLost),
        8 => Just(Act::AnswerWell),
        3 => any::<u8>().prop_map(Act::AnswerBadly),
        1 => Just(Act::AnswerAnOldQuestion),
        1 => Just(Act::HeartbeatAsked),
        1 => prop_oneof![20 => Just(Act::HeartbeatAsked), 1 => Just(Act::DeregisterAsked)],
        4 => (0u64..20_000).prop_map(Act::Sleep),
    ]
}

fn answer(question: &Effect, well: bool, how: u8) -> Option<Event> {
    let silence = [
        Silence::NoRouter,
        Silence::TimedOut,
        Silence::ConnectionLost,
    ];
    let silence = silence[usize::from(how) % 3];
    let code: Arc<str> = Arc::from("NO");
    Some(match question {
        Effect::PrepareInbox { ask, .. } => Event::InboxPrepared {
            ask: *ask,
            ready: well,
        },
        Effect::Register { ask, .. } => Event::RegisterAnswered {
            ask: *ask,
            answer: match (well, how % 5) {
                (true, _) => accepted(),
                (_, 0) => refused(true),
                (_, 1) if how > 250 => refused(false),
                _ => RegisterAnswer::Unanswered(silence),
            },
        },
        Effect::Heartbeat { ask, .. } => Event::HeartbeatAnswered {
            ask: *ask,
            answer: match (well, how % 5) {
                (true, _) => renewed(),
                (_, 0) => HeartbeatAnswer::UnknownInstance,
                (_, 1) if how > 250 => HeartbeatAnswer::StaleIncarnation { message: code },
                (_, 3) if how > 250 => HeartbeatAnswer::Evicted { message: code },
                (_, 2) => HeartbeatAnswer::Refused {
                    message: code.clone(),
                    code,
                },
                _ => HeartbeatAnswer::Unanswered(silence),
            },
        },
        Effect::Deregister { ask, .. } => Event::DeregisterAnswered {
            ask: *ask,
            confirmed: well,
        },
        _ => return None,
    })
}

proptest! {
    #[test]
    fn holds_its_promises_whatever_happens(
        seed in any::<u64>(),
        by_hand in any::<bool>(),
        acts in proptest::collection::vec(any_act(), 1..300),
    ) {
        let heartbeats = if by_hand { Heartbeats::ByHand } else { EVERY_5S };
        let mut lifeline = Lifeline::new(heartbeats, seed);
        let mut now = Instant::ZERO;
        let mut questions: Vec<Effect> = Vec::new();
        let (mut connected, mut inbox_in_force, mut stopped) = (false, false, false);
        let (mut waiters, mut said_router) = (0, 0);
        let mut out_now = false;
        for act in acts {
            let out = questions.last().cloned();
            let event = match act {
                Act::Connected => { connected = true; Event::Connected }
                Act::ConnectionLost => {
                    connected = false;
                    inbox_in_force = false;
                    Event::ConnectionLost
                }
                Act::AnswerWell => match out.as_ref().and_then(|out| answer(out, true, 0)) {
                    Some(event) => event,
                    None => continue,
                },
                Act::AnswerBadly(how) => match out.as_ref().and_then(|out| answer(out, false, how)) {
                    Some(event) => event,
                    None => continue,
                },
                Act::AnswerAnOldQuestion => match questions.first().and_then(|old| answer(old, true, 0)) {
                    Some(event) => event,
                    None => continue,
                },
                Act::HeartbeatAsked => { waiters += 1; Event::HeartbeatAsked }
                Act::DeregisterAsked => Event::DeregisterAsked,
                Act::Sleep(millis) => {
                    now = now + Duration::from_millis(millis);
                    Event::TimerFired
                }
            };
            if let Event::InboxPrepared { ready, .. } = event { inbox_in_force = ready; }
            // These end a question, or the interest in its answer.
            out_now &= matches!(event, Event::Connected | Event::HeartbeatAsked | Event::TimerFired);
            let stale_before = lifeline.stale_answers();
            let renewal = matches!(event, Event::HeartbeatAnswered { answer: HeartbeatAnswer::Renewed { .. }, .. });
            let mut effects = Vec::new();
            lifeline.handle(now, event, &mut effects);
            lifeline.check_invariants(now);
            if renewal && lifeline.stale_answers() == stale_before {
                said_router = 0;
            }
            prop_assert!(!stopped || effects.iter().all(|e| matches!(e, Effect::AnswerAskers(_))));
            let beats = effects.iter().filter(|e| matches!(e, Effect::Heartbeat { .. })).count();
            prop_assert!(beats <= 1, "a burst");
            for effect in effects {
                match &effect {
                    Effect::Register { .. } => prop_assert!(inbox_in_force && connected),
                    Effect::Heartbeat { .. } | Effect::Deregister { .. } => prop_assert!(connected),
                    Effect::AnswerAskers(_) => waiters = 0,
                    Effect::ReportWaiting(WaitingFor::Router) => {
                        said_router += 1;
                        prop_assert_eq!(said_router, 1, "said twice");
                    }
                    Effect::ReportRegistered { .. } => said_router = 0,
                    Effect::ReportStopped(_) => stopped = true,
                    _ => {}
                }
                if answer(&effect, true, 0).is_some() {
                    prop_assert!(!std::mem::replace(&mut out_now, true), "two questions out");
                    questions.push(effect);
                }
            }
            if let HeartbeatStatus::Running { lease_until, .. }
            | HeartbeatStatus::Off { lease_until, .. } = lifeline.status(now)
            {
                prop_assert!(connected && now < lease_until);
            }
        }
        // Whoever asked either heard back or waits for a heartbeat that is out.
        if waiters > 0 {
            let waits = matches!(questions.last(), Some(Effect::Heartbeat { .. }));
            prop_assert!(waits);
        }
    }
}
