//! The promises that hold whatever a hostile shell does.

use proptest::prelude::*;

use super::*;

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
