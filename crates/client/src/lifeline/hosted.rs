use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aegis_bus::{Connection, WeakConnection};
use aegis_session::lifeline::{
    Effect, Event, HeartbeatAnswer, HeartbeatFailure, Heartbeats, Lifeline, StopReason,
};
use aegis_types::Instant;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{info, warn};
use uuid::Uuid;

use super::beats::Beats;
use super::declaration::{Declaration, Pulse};
use super::host::Happening;
use super::lag::Lag;
use super::member::Phase;
use super::{Key, Pace, ask};
use crate::clock;
use crate::observe::Lines;
use crate::serve::Served;

/// One instance on the lifeline's thread: its machine, and what carries out its effects.
pub(super) struct Hosted {
    declaration: Declaration,
    machine: Arc<Mutex<Lifeline>>,
    served: Arc<Served>,
    lag: Lag,
    phase: watch::Sender<Phase>,
    askers: Vec<oneshot::Sender<Result<(), HeartbeatFailure>>>,
    effects: Vec<Effect>,
    beats: Beats,
}

/// What all instances of the thread share.
pub(super) struct Shared {
    pub(super) lifeline: Connection,
    pub(super) work: WeakConnection,
    pub(super) pace: Arc<Pace>,
    pub(super) happenings: mpsc::UnboundedSender<Happening>,
    pub(super) lines: Arc<Lines>,
}

impl Hosted {
    pub(super) fn new(
        declaration: Declaration,
        heartbeats: Heartbeats,
        served: Arc<Served>,
    ) -> (Hosted, Arc<Mutex<Lifeline>>, watch::Receiver<Phase>) {
        let (seed, _) = Uuid::new_v4().as_u64_pair();
        let machine = Arc::new(Mutex::new(Lifeline::new(heartbeats, seed)));
        let (phase, seen) = watch::channel(Phase::Waiting);
        let hosted = Hosted {
            declaration,
            machine: Arc::clone(&machine),
            lag: Lag::of(served.runtime.clone()),
            served,
            phase,
            askers: Vec::new(),
            effects: Vec::new(),
            beats: Beats::default(),
        };
        (hosted, machine, seen)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.machine().next_deadline()
    }

    pub(super) fn is_stopped(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Stopped(_))
    }

    pub(super) fn asked(&mut self, asker: Option<oneshot::Sender<Result<(), HeartbeatFailure>>>) {
        self.askers.extend(asker);
    }

    pub(super) fn look_at_lag(&self) {
        self.lag.look();
    }

    pub(super) fn handle(&mut self, key: Key, event: Event, shared: &Shared) {
        if let Event::HeartbeatAnswered {
            answer: HeartbeatAnswer::Renewed { .. },
            ..
        } = &event
        {
            self.served.beats.acknowledged();
        }
        let mut effects = std::mem::take(&mut self.effects);
        let now = clock::now();
        self.machine().handle(now, event, &mut effects);
        for effect in effects.drain(..) {
            self.carry_out(key, effect, shared);
        }
        self.effects = effects;
        let status = self.machine().status(now);
        if let Some(news) = self.beats.look(&status) {
            let identity = &self.served.identity;
            news.log(identity, &status);
        }
    }

    fn carry_out(&mut self, key: Key, effect: Effect, shared: &Shared) {
        let happenings = shared.happenings.clone();
        // Once the host has ended, nobody waits for an answer.
        let tell = move |event| {
            let _ = happenings.send(Happening::Answered(key, event));
        };
        let lifeline = shared.lifeline.clone();
        match effect {
            Effect::PrepareInbox { ask, timeout } => {
                let work = shared.work.clone();
                tokio::spawn(async move {
                    let ready = ask::prepare_inbox(work, timeout).await;
                    tell(Event::InboxPrepared { ask, ready });
                });
            }
            Effect::Register { ask, timeout } => {
                shared.pace.forget_router();
                let subject = self.declaration.register_subject.clone();
                let body = self.declaration.registration();
                let lines = Arc::clone(&shared.lines);
                tokio::spawn(async move {
                    let answer = ask::register(lifeline, &subject, &body, timeout, &lines).await;
                    tell(Event::RegisterAnswered { ask, answer });
                });
            }
            Effect::Heartbeat {
                ask,
                token,
                timeout,
            } => {
                let subject = self.declaration.heartbeat_subject.clone();
                let pulse = self.pulse();
                self.served.beats.sent(pulse.lag);
                let body = self.declaration.heartbeat(token, &pulse);
                let told = (Arc::clone(&shared.pace), Arc::clone(&shared.lines));
                tokio::spawn(async move {
                    let told = (&*told.0, &*told.1);
                    let answer = ask::heartbeat(lifeline, told, &subject, &body, timeout).await;
                    tell(Event::HeartbeatAnswered { ask, answer });
                });
            }
            Effect::Deregister {
                ask,
                token,
                timeout,
            } => {
                let subject = self.declaration.unregister_subject.clone();
                let body = self.declaration.deregistration(token);
                tokio::spawn(async move {
                    let confirmed = ask::deregister(lifeline, &subject, &body, timeout).await;
                    tell(Event::DeregisterAnswered { ask, confirmed });
                });
            }
            Effect::AnswerAskers(answer) => {
                for asker in self.askers.drain(..) {
                    // It may have stopped waiting.
                    let _ = asker.send(answer.clone());
                }
            }
            Effect::ReportWaiting(why) => warn!(
                service = self.declaration.service(),
                instance = self.declaration.instance(),
                %why,
                event = "registration_waiting",
                "waiting to be registered"
            ),
            Effect::ReportRegistered { again } => {
                info!(
                    service = self.declaration.service(),
                    instance = self.declaration.instance(),
                    again,
                    event = "registered",
                    "registered"
                );
                self.phase.send_replace(Phase::Registered);
                // A registration does not tell the router's clock, and says less of the moment.
                tell(Event::HeartbeatAsked);
            }
            Effect::ReportStopped(reason) => self.report_stopped(reason),
        }
    }

    fn report_stopped(&mut self, reason: StopReason) {
        let (service, instance) = (self.declaration.service(), self.declaration.instance());
        if let StopReason::Deregistered { .. } = reason {
            info!(service, instance, %reason, event = "stopped", "stopped");
        } else {
            warn!(service, instance, %reason, event = "stopped", "stopped");
            // Put out or replaced: what still reaches the inbox belongs to others.
            self.served.admission().drain();
        }
        self.phase.send_replace(Phase::Stopped(reason));
    }

    fn pulse(&self) -> Pulse {
        let word = self.served.word();
        let admission = self.served.admission();
        Pulse {
            in_flight: admission.running() + admission.waiting(),
            capacity: admission.capacity(),
            lag: self.lag.report(),
            word,
        }
    }

    fn machine(&self) -> MutexGuard<'_, Lifeline> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
