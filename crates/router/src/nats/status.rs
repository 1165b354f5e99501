use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::OtherRouter;
use tokio::sync::watch;

/// What a router on a NATS server does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// It has no server. The reason, once a dial has failed.
    #[default]
    Connecting,
    /// It has a server and looks whether another router is there.
    Looking,
    /// It waits for this router to go away.
    StandingBy(Box<OtherRouter>),
    /// It answers requests.
    Serving,
    /// It answered requests and has lost its server.
    BrokerLost,
    /// It takes nothing new.
    Stopping,
    /// It has ended.
    Ended,
}

/// What other threads may know of a router on a NATS server. Cheap to clone; all clones show the same.
#[derive(Clone, Debug)]
pub struct NatsStatus {
    phase: Arc<watch::Sender<Phase>>,
    detail: Arc<Mutex<Detail>>,
    witnesses: Arc<AtomicBool>,
}

#[derive(Debug, Default)]
struct Detail {
    router: String,
    server: String,
    trouble: Option<String>,
}

impl Default for NatsStatus {
    fn default() -> NatsStatus {
        NatsStatus {
            phase: Arc::new(watch::Sender::new(Phase::default())),
            detail: Arc::default(),
            witnesses: Arc::default(),
        }
    }
}

impl NatsStatus {
    /// What it does now.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }

    /// Its phases as they change.
    #[must_use]
    pub fn phases(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Id of its present life; empty before the first.
    #[must_use]
    pub fn router_id(&self) -> String {
        self.detail().router.clone()
    }

    /// Why it has no server, once a dial has failed.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.detail().trouble.clone()
    }

    /// Whether the server tells it whose connections end.
    #[must_use]
    pub fn is_witnessing(&self) -> bool {
        self.witnesses.load(Ordering::Relaxed)
    }

    pub(super) fn set_witnessing(&self, witnesses: bool) {
        self.witnesses.store(witnesses, Ordering::Relaxed);
    }

    pub(super) fn set(&self, phase: Phase) {
        if matches!(phase, Phase::Looking | Phase::Serving) {
            self.detail().trouble = None;
        }
        self.phase.send_if_modified(|now| {
            let changes = *now != phase;
            *now = phase;
            changes
        });
    }

    pub(super) fn set_router(&self, router: &str) {
        router.clone_into(&mut self.detail().router);
    }

    /// Name of the server it is or was last connected to.
    #[must_use]
    pub fn server(&self) -> String {
        self.detail().server.clone()
    }

    pub(super) fn set_server(&self, server: String) {
        self.detail().server = server;
    }

    pub(super) fn set_trouble(&self, trouble: String) {
        self.detail().trouble = Some(trouble);
    }

    fn detail(&self) -> std::sync::MutexGuard<'_, Detail> {
        self.detail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
