//! What is logged of heartbeats: that they started, are late, were missed, recovered or stopped; never a
//! line per beat.
//!
//! It reads only what is true after each event, so it cannot miss a turn of the machine, nor say
//! anything that its status does not.

use aegis_session::lifeline::{HeartbeatStatus, WaitingFor};
use tracing::{info, warn};

use crate::serve::Identity;

/// What was said last of one instance's heartbeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Beats {
    /// Nothing: it was never registered.
    #[default]
    Unborn,
    Confirmed,
    Late,
    Missed,
    Stopped,
}

/// What is to be said now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Started,
    /// One was not confirmed, or none can be sent.
    Late,
    /// The lease is over without one.
    Missed,
    Recovered,
    Stopped,
}

impl Beats {
    /// Takes what is true now.
    pub(super) fn look(&mut self, status: &HeartbeatStatus) -> Option<News> {
        let before = *self;
        let now = match status {
            HeartbeatStatus::Running { missed: 0, .. } | HeartbeatStatus::Off { missed: 0, .. } => {
                Beats::Confirmed
            }
            HeartbeatStatus::Stopped(_) => Beats::Stopped,
            // What was missed stays so until one is confirmed.
            _ if matches!(before, Beats::Unborn | Beats::Missed) => before,
            // A question is on its way, perhaps the last one of an orderly leaving: its answer tells.
            HeartbeatStatus::Waiting(WaitingFor::Registration) => before,
            HeartbeatStatus::Waiting(WaitingFor::Router) => Beats::Missed,
            _ => Beats::Late,
        };
        *self = now;
        match (before, now) {
            (before, now) if before == now => None,
            (Beats::Unborn, Beats::Confirmed) => Some(News::Started),
            (_, Beats::Confirmed) => Some(News::Recovered),
            (_, Beats::Late) => Some(News::Late),
            (_, Beats::Missed) => Some(News::Missed),
            // It never began.
            (Beats::Unborn, _) => None,
            (_, Beats::Stopped) => Some(News::Stopped),
            (_, Beats::Unborn) => None,
        }
    }
}

impl News {
    pub(super) fn log(self, identity: &Identity, status: &HeartbeatStatus) {
        let service = identity.service.as_str();
        let instance = identity.instance.as_str();
        let incarnation = identity.incarnation.bits();
        match self {
            News::Started => info!(
                event = "heartbeat_started",
                service, instance, incarnation, "heartbeats begin"
            ),
            News::Late => warn!(
                event = "heartbeat_late",
                service,
                instance,
                incarnation,
                why = why(status),
                "a heartbeat was not confirmed"
            ),
            News::Missed => warn!(
                event = "heartbeat_missed",
                service,
                instance,
                incarnation,
                why = why(status),
                "the lease ended without a confirmed heartbeat"
            ),
            News::Recovered => info!(
                event = "heartbeat_recovered",
                service, instance, incarnation, "heartbeats are confirmed again"
            ),
            News::Stopped => info!(
                event = "heartbeat_stopped",
                service, instance, incarnation, "no heartbeat follows"
            ),
        }
    }
}

fn why(status: &HeartbeatStatus) -> String {
    match status {
        HeartbeatStatus::Waiting(what) => format!("waits for {what}"),
        _ => String::from("the last one was not answered"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aegis_session::lifeline::{
        Effect, Event, HeartbeatAnswer, Heartbeats, LeaseToken, Lifeline, RegisterAnswer, Silence,
    };
    use aegis_types::Instant;

    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    /// The real machine, what it asked, and all that was said.
    struct Bench {
        machine: Lifeline,
        beats: Beats,
        now: Instant,
        asked: Vec<Effect>,
        said: Vec<News>,
    }

    impl Bench {
        fn registered() -> Bench {
            let mut bench = Bench {
                machine: Lifeline::new(Heartbeats::default(), 7),
                beats: Beats::default(),
                now: Instant::ZERO,
                asked: Vec::new(),
                said: Vec::new(),
            };
            bench.register();
            bench
        }

        fn register(&mut self) {
            self.tell(Event::Connected);
            self.pass_to_next();
            let Some(Effect::PrepareInbox { ask, .. }) = self.asked.pop() else {
                panic!("no inbox is asked for");
            };
            self.tell(Event::InboxPrepared { ask, ready: true });
            let Some(Effect::Register { ask, .. }) = self.asked.pop() else {
                panic!("no registration");
            };
            let answer = RegisterAnswer::Accepted {
                lease_ttl: LEASE,
                token: LeaseToken::from_bits(1),
            };
            self.tell(Event::RegisterAnswered { ask, answer });
        }

        fn tell(&mut self, event: Event) {
            self.machine.handle(self.now, event, &mut self.asked);
            self.said
                .extend(self.beats.look(&self.machine.status(self.now)));
        }

        fn pass_to_next(&mut self) {
            if let Some(due) = self.machine.next_deadline() {
                self.now = self.now.max(due);
                self.tell(Event::TimerFired);
            }
        }

        fn beat(&mut self, answer: HeartbeatAnswer) {
            self.pass_to_next();
            let Some(Effect::Heartbeat { ask, .. }) = self
                .asked
                .iter()
                .rev()
                .find(|effect| matches!(effect, Effect::Heartbeat { .. }))
                .cloned()
            else {
                panic!("no heartbeat");
            };
            self.tell(Event::HeartbeatAnswered { ask, answer });
        }
    }

    fn renewed() -> HeartbeatAnswer {
        HeartbeatAnswer::Renewed {
            lease_ttl: LEASE,
            next_interval: None,
        }
    }

    fn unanswered() -> HeartbeatAnswer {
        HeartbeatAnswer::Unanswered(Silence::TimedOut)
    }

    #[test]
    fn a_thousand_beats_are_one_line() {
        let mut bench = Bench::registered();
        for _ in 0..1_000 {
            bench.beat(renewed());
        }
        assert_eq!(bench.said, [News::Started]);
    }

    #[test]
    fn a_thousand_beats_without_an_answer_are_two_more() {
        let mut bench = Bench::registered();
        for _ in 0..1_000 {
            bench.beat(unanswered());
        }
        bench.beat(renewed());
        assert_eq!(
            bench.said,
            [News::Started, News::Late, News::Missed, News::Recovered]
        );
    }

    #[test]
    fn a_lost_connection_makes_them_late_and_a_registration_recovers_them() {
        let mut bench = Bench::registered();
        bench.tell(Event::ConnectionLost);
        bench.register();
        bench.tell(Event::DeregisterAsked);
        let Some(Effect::Deregister { ask, .. }) = bench.asked.pop() else {
            panic!("no deregistration");
        };
        bench.tell(Event::DeregisterAnswered {
            ask,
            confirmed: true,
        });
        assert_eq!(
            bench.said,
            [News::Started, News::Late, News::Recovered, News::Stopped]
        );
    }
}
