use std::sync::Arc;
use std::time::Duration;

use super::*;

mod promises;

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
fn without_a_router_no_pause_is_longer_than_the_heartbeat_interval() {
    let interval = Duration::from_millis(400);
    let mut bench = Bench::registered(Heartbeats::Every(interval));
    bench.tell(Event::ConnectionLost);
    bench.now = at(60_000);
    let mut asked_at = bench.now;
    let mut ask = bench.ask_to_register();
    for _ in 0..12 {
        assert!(bench.now <= asked_at + interval, "at {}", bench.now);
        asked_at = bench.now;
        let answer = RegisterAnswer::Unanswered(Silence::NoRouter);
        bench.tell(Event::RegisterAnswered { ask, answer });
        let effects = bench.wake();
        ask = bench.prepare(&effects);
    }
    // Whoever is told to come back later does.
    let mut longest = Duration::ZERO;
    for _ in 0..12 {
        let answer = refused(true);
        bench.tell(Event::RegisterAnswered { ask, answer });
        let refused_at = bench.now;
        let effects = bench.wake();
        longest = longest.max(bench.now.saturating_since(refused_at));
        ask = bench.prepare(&effects);
    }
    assert!(longest > interval, "{longest:?}");
}

/// The router has an interval of its own for the service, and a lease to fit.
#[test]
fn a_short_lease_counts_for_more_than_the_asked_interval() {
    let lease_ttl = Duration::from_millis(1_500);
    let short = || RegisterAnswer::Accepted {
        lease_ttl,
        token: LeaseToken::from_bits(1),
    };
    let mut bench = Bench::new(EVERY_5S);
    let ask = bench.ask_to_register();
    let answer = short();
    bench.tell(Event::RegisterAnswered { ask, answer });
    assert_eq!(bench.lifeline.next_deadline(), Some(at(500)));
    bench.tell(Event::ConnectionLost);
    bench.now = at(60_000);
    let mut asked_at = bench.now;
    let mut ask = bench.ask_to_register();
    for _ in 0..12 {
        assert!(bench.now <= asked_at + lease_ttl / 3, "at {}", bench.now);
        asked_at = bench.now;
        let answer = RegisterAnswer::Unanswered(Silence::NoRouter);
        bench.tell(Event::RegisterAnswered { ask, answer });
        let effects = bench.wake();
        ask = bench.prepare(&effects);
    }
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
