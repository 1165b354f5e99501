use std::time::Duration;

use aegis_types::{Health, HealthReason, Incarnation};

use super::Judge;
use super::call::Attempt;
use super::doubts::Doubts;
use crate::net::LinkId;
use crate::story::{CallNo, ProcId};

/// One life of one instance. Legacy lives have no incarnation of their own: their process's number
/// stands for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) service: String,
    pub(crate) id: String,
    pub(crate) incarnation: Incarnation,
}

/// What is known from outside of one life.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) name: Name,
    pub(super) is_native: bool,
    /// The SDK decides which requests start there, and knows the router's clock.
    pub(super) admits: bool,
    pub(super) token: Option<u64>,
    pub(super) granted_at: Option<Duration>,
    /// How often it was registered anew, after it had left or was removed.
    pub(super) registrations: u32,
    /// Registered, and neither left nor replaced since.
    pub(super) is_registered: bool,
    /// A later life has its id.
    pub(super) is_replaced: bool,
    /// The connection its registration or heartbeats came on.
    pub(super) asked_on: Option<LinkId>,
    /// When it last asked to be registered: its lease runs from then.
    pub(super) asked_at: Duration,
    /// It waits for the answer.
    pub(super) is_asking: bool,
    /// It was probed since it asked: the router has taken it.
    pub(super) is_taken: bool,
    /// Whoever had its id was gone when it was taken; its answer comes later, and the other may have
    /// woken meanwhile.
    pub(super) found_gone: bool,
    pub(super) lifeline: Option<LinkId>,
    /// Its lifeline was seen closed by its peer since it registered.
    pub(super) is_closed: bool,
    pub(super) inboxes: Vec<LinkId>,
    pub(super) inbox_since: Duration,
    /// Where it is to answer the last probe, until it has.
    pub(super) probe: Option<String>,
    pub(super) probed_at: Option<Duration>,
    /// It answered a probe since it last joined.
    pub(super) is_welcomed: bool,
    /// Not listed any more, because another life of its id is being welcomed.
    pub(super) is_making_room: bool,
    pub(super) last_heartbeat: Duration,
    pub(super) last_frame: Duration,
    /// It said so, and the registration it said so about may not have ended since.
    pub(super) draining_since: Option<Duration>,
    /// Its last heartbeat said so, whatever it registered since.
    pub(super) said_draining: bool,
    /// Its last heartbeat said that it must not be called.
    pub(super) said_unwell: bool,
    /// As the core last listed it: health, why, and whether it is routable.
    pub(super) listed: Option<(Health, HealthReason, bool)>,
}

impl Life {
    pub(super) fn new(name: Name, is_native: bool) -> Life {
        Life {
            name,
            is_native,
            admits: false,
            token: None,
            granted_at: None,
            registrations: 0,
            is_registered: false,
            is_replaced: false,
            asked_on: None,
            asked_at: Duration::ZERO,
            is_asking: false,
            is_taken: false,
            found_gone: false,
            lifeline: None,
            is_closed: false,
            inboxes: Vec::new(),
            inbox_since: Duration::ZERO,
            probe: None,
            probed_at: None,
            is_welcomed: false,
            is_making_room: false,
            last_heartbeat: Duration::ZERO,
            last_frame: Duration::ZERO,
            draining_since: None,
            said_draining: false,
            said_unwell: false,
            listed: None,
        }
    }

    /// Its connection ended, or its lease.
    fn is_gone(&self, now: Duration, lease_ttl: Duration) -> bool {
        self.is_closed || now >= self.last_heartbeat + lease_ttl
    }

    /// It asked on this connection and has had no answer: taken or not, the connection vouches.
    fn waits_on(&self, link: LinkId) -> bool {
        self.is_native && self.is_asking && self.asked_on == Some(link)
    }

    /// To a router that starts anew.
    fn forgotten(&self) -> Life {
        Life {
            registrations: self.registrations,
            admits: self.admits,
            ..Life::new(self.name.clone(), self.is_native)
        }
    }
}

impl Judge {
    /// No evidence speaks against it, and fresh evidence for it: a call must find it.
    pub(super) fn is_clearly_healthy(&self, now: Duration, life: &Life) -> bool {
        let Some(granted_at) = life.granted_at.filter(|_| life.is_registered) else {
            return false;
        };
        let is_subscribed = match life.is_native {
            true if !life.is_welcomed => false,
            true => {
                let probed = life.probed_at.is_some_and(|at| at >= life.inbox_since);
                !life.inboxes.is_empty() && (life.inbox_since <= granted_at || probed)
            }
            false => self.has_legacy_inbox(&life.name.id),
        };
        is_subscribed
            && granted_at < now
            && !life.is_closed
            && !life.said_draining
            && !life.said_unwell
            && now < life.last_heartbeat + self.lease_ttl.mul_f64(0.6)
    }

    pub(super) fn has_legacy_inbox(&self, id: &str) -> bool {
        self.legacy_inboxes
            .get(id)
            .is_some_and(|links| !links.is_empty())
    }

    /// A connection ended at the switch.
    pub(crate) fn closed(&mut self, now: Duration, link: LinkId, by_peer: bool) {
        let of_link = |no: &CallNo| {
            let call = self.calls.get(no.0 as usize);
            call.is_some_and(|call| call.made.link == link)
        };
        let abandoned: Vec<CallNo> = self.open.iter().copied().filter(of_link).collect();
        self.tally.abandoned += abandoned.len() as u32;
        self.open.retain(|no| !abandoned.contains(no));
        if !by_peer {
            self.ended_now.extend(abandoned);
        }
        let mut lost = Vec::new();
        for (process, life) in &mut self.lives {
            let had = life.inboxes.len();
            life.inboxes.retain(|inbox| *inbox != link);
            if had > 0 && life.inboxes.is_empty() {
                life.inbox_since = now;
                life.probe = None;
                lost.push(*process);
            }
            let waits = life.waits_on(link);
            if life.asked_on == Some(link) {
                life.asked_on = None;
            }
            if life.lifeline == Some(link) || waits {
                life.lifeline = None;
                // A legacy instance is judged by its inbox: another process may have it already.
                if by_peer && life.is_native {
                    life.is_closed = true;
                    lost.push(*process);
                }
            }
        }
        for (id, links) in &mut self.legacy_inboxes {
            let had = links.len();
            links.retain(|inbox| *inbox != link);
            if had > 0 && links.is_empty() {
                let of_id = self.lives.iter().filter(|(_, life)| life.name.id == *id);
                lost.extend(of_id.map(|(process, _)| *process));
            }
        }
        for process in lost {
            if let Some(life) = self.lives.get_mut(&process) {
                life.inbox_since = now;
            }
            self.attempts_over_on(process);
        }
    }

    /// The router's process has ended, and everything it knew with it.
    pub(crate) fn router_ended(&mut self) {
        self.forget_router();
        self.tally.abandoned += self.open.len() as u32;
        for no in std::mem::take(&mut self.open) {
            if let Some(call) = self.calls.get_mut(no.0 as usize) {
                call.attempts.iter_mut().for_each(|a| a.is_over = true);
            }
        }
        for life in self.lives.values_mut() {
            *life = life.forgotten();
        }
        self.legacy_inboxes.clear();
        self.ever_granted.clear();
        self.doubts = Doubts::default();
    }

    /// Nothing is to be waited for any more on a life.
    pub(super) fn attempts_over_on(&mut self, life: ProcId) {
        self.attempts_over(|attempt| attempt.life == life, false);
    }

    fn attempts_over(&mut self, which: impl Fn(&Attempt) -> bool, are_void: bool) {
        for no in &self.open {
            let Some(call) = self.calls.get_mut(no.0 as usize) else {
                continue;
            };
            for attempt in &mut call.attempts {
                if which(attempt) {
                    attempt.is_over = true;
                    attempt.is_void |= are_void;
                }
            }
        }
    }

    /// The router says that this life is registered.
    pub(super) fn granted(&mut self, now: Duration, process: ProcId, token: Option<u64>) {
        let Some(life) = self.lives.get(&process) else {
            return;
        };
        if let Some(later) = self
            .holders
            .later_than(&life.name)
            .filter(|_| life.is_native)
        {
            let text = format!("{process} is registered under the id of a later life, {later}");
            self.accuse(text, None, Some(process));
        }
        let Some(life) = self.lives.get_mut(&process) else {
            return;
        };
        life.granted_at = Some(now);
        life.is_asking = false;
        // Who was gone may have been removed: then this is a new registration, and a serving one.
        let was_gone = life.is_gone(now, self.lease_ttl);
        if !life.is_registered || was_gone {
            life.draining_since = None;
        }
        life.token = token;
        life.registrations += u32::from(!life.is_registered);
        life.is_registered = true;
        // Its successor has left again: who comes back then is taken.
        life.is_replaced = false;
        life.is_closed = false;
        life.lifeline = life.asked_on;
        life.last_heartbeat = life.asked_at;
        life.last_frame = life.last_frame.max(life.asked_at);
        let found_gone = std::mem::take(&mut life.found_gone);
        let (name, is_native) = (life.name.clone(), life.is_native);
        self.ever_granted.insert(name.service.clone());
        // A legacy registration is a new life for the router, also of the same process.
        if !is_native {
            self.attempts_over_on(process);
        }
        for rival in self.rivals(process, &name) {
            self.replaced(now, rival, process, found_gone);
        }
    }

    /// Other lives that have this id, or have just had to give it up.
    fn rivals(&self, process: ProcId, name: &Name) -> Vec<ProcId> {
        self.lives
            .iter()
            .filter(|(other, life)| {
                **other != process
                    && (life.is_registered || life.is_making_room)
                    && life.name.service == name.service
                    && life.name.id == name.id
            })
            .map(|(other, _)| *other)
            .collect()
    }

    /// The router probes one that asked to be registered: it has given it the id.
    pub(super) fn taken(&mut self, now: Duration, process: ProcId) {
        let Some(life) = self.lives.get(&process).filter(|life| life.is_asking) else {
            return;
        };
        let rivals = self.rivals(process, &life.name);
        let mut lives = rivals.iter().filter_map(|rival| self.lives.get(rival));
        let all_gone = !rivals.is_empty() && lives.all(|life| life.is_gone(now, self.lease_ttl));
        if let Some(life) = self.lives.get_mut(&process) {
            // Of several probes the first says it.
            life.found_gone |= all_gone && !life.is_taken;
            life.is_taken = true;
        }
    }

    fn replaced(&mut self, now: Duration, old: ProcId, new: ProcId, found_gone: bool) {
        let ttl = self.lease_ttl;
        let Some(life) = self.lives.get_mut(&old) else {
            return;
        };
        life.is_registered = false;
        life.is_making_room = false;
        life.is_replaced = true;
        let is_gone = found_gone || life.is_gone(now, ttl);
        let (is_native, registration) = (life.is_native, life.registrations);
        // What it took before it left is not touched by who comes after its return.
        let replaced =
            |attempt: &Attempt| attempt.life == old && attempt.registration == registration;
        self.attempts_over(replaced, true);
        if is_native && !is_gone {
            let text = format!("{new} took the id of {old}, which lives");
            self.accuse(text, None, Some(old));
        }
    }
}
