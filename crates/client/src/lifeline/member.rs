use std::sync::{Arc, Mutex, PoisonError};

use aegis_session::lifeline::{
    HeartbeatFailure, HeartbeatStatus, Lifeline, StopReason, WaitingFor,
};
use aegis_types::Instant;
use tokio::sync::{mpsc, oneshot, watch};

use super::{Command, Key};

/// How far an instance has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Waiting,
    Registered,
    Stopped(StopReason),
}

/// The handle of one instance on the lifeline.
pub(crate) struct Member {
    key: Key,
    /// Written by the lifeline's thread, read here: what it says is what is.
    machine: Arc<Mutex<Lifeline>>,
    phase: watch::Receiver<Phase>,
    commands: mpsc::UnboundedSender<Command>,
}

impl Member {
    pub(super) const fn new(
        key: Key,
        machine: Arc<Mutex<Lifeline>>,
        phase: watch::Receiver<Phase>,
        commands: mpsc::UnboundedSender<Command>,
    ) -> Member {
        Member {
            key,
            machine,
            phase,
            commands,
        }
    }

    pub(crate) fn status(&self, now: Instant) -> HeartbeatStatus {
        if self.phase.has_changed().is_err() && !matches!(*self.phase.borrow(), Phase::Stopped(_)) {
            return HeartbeatStatus::Stopped(UNHOSTED);
        }
        let machine = self.machine.lock().unwrap_or_else(PoisonError::into_inner);
        machine.status(now)
    }

    /// Whether it has ended, or its thread has.
    pub(crate) fn is_stopped(&self) -> bool {
        self.phase.has_changed().is_err() || matches!(*self.phase.borrow(), Phase::Stopped(_))
    }

    /// Waits until the router took the registration, or refused it for good.
    pub(crate) async fn registered(&self) -> Result<(), StopReason> {
        match self.wait_for(|phase| *phase != Phase::Waiting).await {
            Phase::Stopped(reason) => Err(reason),
            Phase::Waiting | Phase::Registered => Ok(()),
        }
    }

    /// Waits for the end.
    pub(crate) async fn stopped(&self) -> StopReason {
        match self
            .wait_for(|phase| matches!(phase, Phase::Stopped(_)))
            .await
        {
            Phase::Stopped(reason) => reason,
            Phase::Waiting | Phase::Registered => UNHOSTED,
        }
    }

    pub(crate) fn deregister(&self) {
        let _ = self.commands.send(Command::Deregister(self.key));
    }

    /// Has a heartbeat sent, and does not wait for its answer.
    pub(crate) fn tell(&self) {
        let _ = self.commands.send(Command::Heartbeat(self.key, None));
    }

    pub(crate) async fn heartbeat(&self) -> Result<(), HeartbeatFailure> {
        let (answer, answered) = oneshot::channel();
        let _ = self
            .commands
            .send(Command::Heartbeat(self.key, Some(answer)));
        match answered.await {
            Ok(answer) => answer,
            Err(_) => Err(match self.status(crate::clock::now()) {
                HeartbeatStatus::Stopped(reason) => HeartbeatFailure::Stopped(reason),
                HeartbeatStatus::Waiting(why) => HeartbeatFailure::NotRegistered(why),
                _ => HeartbeatFailure::NotRegistered(WaitingFor::Registration),
            }),
        }
    }

    async fn wait_for(&self, wanted: impl Fn(&Phase) -> bool) -> Phase {
        let mut phase = self.phase.clone();
        let reached = phase.wait_for(wanted).await.map(|phase| phase.clone());
        reached.unwrap_or(Phase::Stopped(UNHOSTED))
    }
}

/// The lifeline's thread has ended under the instance: the client was closed.
const UNHOSTED: StopReason = StopReason::Deregistered { confirmed: false };
