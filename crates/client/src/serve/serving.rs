use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aegis_bus::Sid;
use aegis_session::admission::Admission;
use aegis_session::lifeline::{HeartbeatFailure, StopReason};
use aegis_types::Incarnation;
use aegis_wire::instance::SelfReport;
use aegis_wire::{Zone, timestamp};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use uuid::Uuid;

use super::discovery::{Card, Discovery};
use super::{HeartbeatStatus, Identity, Served, Service, ServingStatus};
use crate::ServeError;
use crate::client::Core;
use crate::clock;
use crate::lifeline::{Declaration, Member};
use crate::numbers::{BeatCounts, MethodNumbers, ServingNumbers};
use crate::observe::Lines;

/// A service being served. Dropping it deregisters the instance as well as it can without waiting;
/// [`Serving::drain`] and [`Serving::unregister`] do it properly.
///
/// It holds the client's connections: they stay open while anything is served.
#[derive(Debug)]
pub struct Serving {
    parts: Arc<Parts>,
}

pub(super) struct Parts {
    pub(super) core: Arc<Core>,
    pub(super) served: Arc<Served>,
    pub(super) sid: Sid,
    /// Where questions about the service come in.
    pub(super) discovery: Vec<Sid>,
    pub(super) member: Member,
    pub(super) drain_timeout: Duration,
    /// Who leaves first does it; the others have nothing left to do.
    pub(super) left: Mutex<bool>,
}

/// Subscribes, makes sure of it, registers, and waits until the router said yes.
pub(crate) async fn serve(core: &Arc<Core>, service: Service) -> Result<Serving, ServeError> {
    let (name, instance) = service.check()?;
    let identity = Arc::new(Identity {
        service: name,
        instance,
        incarnation: mint_incarnation(),
    });
    let declaration = Declaration::new(&core.subjects, &identity, &service);
    let card = service
        .discoverable
        .then(|| card(core, &identity, &service));
    let lifeline = core.lifeline()?;
    let served = Arc::new(Served {
        identity: Arc::clone(&identity),
        methods: service
            .methods
            .into_iter()
            .map(|(name, method)| (name.into_boxed_str(), method))
            .collect(),
        subjects: core.subjects.clone(),
        connection: core.work.downgrade(),
        runtime: Handle::current(),
        admission: Mutex::new(Admission::new(service.concurrency, service.queue)),
        idle: Notify::new(),
        pace: Arc::clone(&lifeline.pace),
        word: Mutex::default(),
        lines: Lines::default(),
        beats: BeatCounts::default(),
    });
    let inbox = core.subjects.inbox(
        identity.service.as_str(),
        identity.instance.as_str(),
        identity.incarnation,
    );
    let sid = core.work.subscribe(&inbox, None)?;
    core.inboxes.add(sid, Arc::clone(&served));
    let discovery = card.map(|card| answer_questions(core, card, &served));
    let member = lifeline.join(declaration, service.heartbeats, Arc::clone(&served));
    // From here on, dropping this future leaves as dropping a `Serving` does.
    let serving = Serving {
        parts: Arc::new(Parts {
            core: Arc::clone(core),
            served,
            sid,
            discovery: discovery.unwrap_or_default(),
            member,
            drain_timeout: service.drain_timeout,
            left: Mutex::new(false),
        }),
    };
    core.inboxes.serves(&serving.parts);
    match serving.parts.member.registered().await {
        Ok(()) => Ok(serving),
        Err(reason) => Err(ServeError::NotRegistered(reason)),
    }
}

/// What the service tells about itself.
fn card(core: &Core, identity: &Identity, service: &Service) -> Card {
    let methods = service.methods.iter();
    let methods = methods.map(|(name, method)| (name.as_str(), method.safety.as_str()));
    let started = timestamp(unix_micros(), Zone::Z);
    let version = service.version.as_deref();
    Card::new(&core.subjects, identity, version, methods, started)
}

/// Listens for questions about the service.
fn answer_questions(core: &Core, card: Card, served: &Arc<Served>) -> Vec<Sid> {
    let discovery = Arc::new(Discovery::new(card, Arc::clone(served)));
    let subscriptions = discovery.subscribe(&core.work, core.inboxes.discoveries());
    let listen = |(sid, verb)| {
        core.inboxes
            .add_discovery(sid, verb, Arc::clone(&discovery));
        sid
    };
    subscriptions.into_iter().map(listen).collect()
}

impl Serving {
    /// The service.
    pub fn service(&self) -> &str {
        self.parts.served.identity.service.as_str()
    }

    /// The id of this instance.
    pub fn instance_id(&self) -> &str {
        self.parts.served.identity.instance.as_str()
    }

    /// What is true now.
    pub fn status(&self) -> ServingStatus {
        let now = clock::now();
        let (running, waiting) = {
            let admission = self.parts.served.admission();
            (admission.running(), admission.waiting())
        };
        let word = self.parts.served.word();
        ServingStatus {
            service: self.service().to_owned(),
            instance: self.instance_id().to_owned(),
            heartbeats: HeartbeatStatus::at(now, self.parts.member.status(now)),
            running,
            waiting,
            report: word.report,
            lifecycle: word.lifecycle,
        }
    }

    /// What it did so far, for the user's own metrics.
    pub fn numbers(&self) -> ServingNumbers {
        let served = &self.parts.served;
        let methods = served.methods.iter().map(|(name, method)| {
            let counted = method.stats.snapshot();
            MethodNumbers {
                method: name.to_string(),
                handled: counted.durations.count(),
                failed: counted.errors,
                took: counted.durations.sum(),
                durations: counted.durations,
            }
        });
        let mut methods: Vec<MethodNumbers> = methods.collect();
        methods.sort_unstable_by(|a, b| a.method.cmp(&b.method));
        served.beats.with(methods)
    }

    /// Sends a heartbeat now and waits for its answer. Needed only with
    /// [`Service::manual_heartbeats`].
    ///
    /// # Errors
    ///
    /// See [`HeartbeatFailure`]. The instance goes on in every case but `Stopped`.
    pub async fn heartbeat(&self) -> Result<(), HeartbeatFailure> {
        self.parts.member.heartbeat().await
    }

    /// Tells the router how well this instance works, at once and with every heartbeat from now on:
    /// a degraded one is used last, an unhealthy one not at all, and it stays registered. A
    /// runtime that runs late is told as degraded without this.
    pub fn report(&self, report: SelfReport) {
        self.parts.served.say(|word| word.report = report);
        self.parts.member.tell();
    }

    /// Waits until this instance is served no more, and says why: it was unregistered, or a later
    /// process took its id.
    pub async fn stopped(&self) -> StopReason {
        self.parts.member.stopped().await
    }

    /// Leaves without losing a call, for a restart in order: says that it drains, goes on with what
    /// still arrives and what runs (at most [`Service::drain_timeout`]) while heartbeats go on,
    /// deregisters, and gives up the inbox. Says what the router confirmed.
    ///
    /// Dropping the future does not stop it.
    pub async fn drain(self) -> StopReason {
        let parts = Arc::clone(&self.parts);
        self.leave_by(async move { parts.drain().await }).await
    }

    /// Leaves at once: deregisters, lets running handlers finish (at most
    /// [`Service::drain_timeout`]), and gives up the inbox. Says what the router confirmed. What is
    /// on its way to it meanwhile is refused, and the router sends it to another instance.
    ///
    /// Dropping the future does not stop it.
    pub async fn unregister(self) -> StopReason {
        let parts = Arc::clone(&self.parts);
        let leave = async move {
            parts.leave().await;
            parts.member.stopped().await
        };
        self.leave_by(leave).await
    }

    async fn leave_by(
        &self,
        leave: impl Future<Output = StopReason> + Send + 'static,
    ) -> StopReason {
        if self.parts.leave_first()
            && let Ok(reason) = self.parts.served.runtime.spawn(leave).await
        {
            return reason;
        }
        self.parts.member.stopped().await
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.parts.leave_first() {
            // The lifeline's thread is told at once; the rest needs the runtime, if it still runs.
            self.parts.member.deregister();
            let parts = Arc::clone(&self.parts);
            let runtime = self.parts.served.runtime.clone();
            runtime.spawn(async move { parts.leave().await });
        }
    }
}

/// Later calls of one process give greater numbers, also within a millisecond.
fn mint_incarnation() -> Incarnation {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let unix_ms = unix_micros() / 1000;
    let [first, second, ..] = Uuid::new_v4().into_bytes();
    let minted = Incarnation::mint(unix_ms, u16::from_be_bytes([first, second])).bits();
    let last = LAST.fetch_max(minted, Ordering::Relaxed);
    if minted > last {
        return Incarnation::from_bits(minted);
    }
    Incarnation::from_bits(LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

/// What the machine's clock says; for people, and for numbers that later starts must exceed.
fn unix_micros() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |span| u64::try_from(span.as_micros()).unwrap_or(0))
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts")
            .field("identity", &self.served.identity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_lives_compare_greater() {
        let lives: Vec<_> = (0..1000).map(|_| mint_incarnation()).collect();
        assert!(lives.is_sorted_by(|earlier, later| earlier < later));
    }
}
