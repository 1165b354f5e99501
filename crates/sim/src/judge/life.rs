use std::time::Duration;

use aegis_types::{Health, HealthReason, Incarnation};

use super::Judge;
use crate::net::LinkId;
use crate::story::ProcId;

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
    pub(super) token: Option<u64>,
    pub(super) granted_at: Option<Duration>,
    /// Registered, and neither left nor replaced since.
    pub(super) is_registered: bool,
    /// A later life has its id.
    pub(super) is_replaced: bool,
    /// The connection its registration or heartbeats came on.
    pub(super) asked_on: Option<LinkId>,
    pub(super) lifeline: Option<LinkId>,
    /// Its lifeline was seen closed by its peer since it registered.
    pub(super) is_closed: bool,
    pub(super) inboxes: Vec<LinkId>,
    pub(super) inbox_since: Duration,
    pub(super) probed_at: Option<Duration>,
    pub(super) last_heartbeat: Duration,
    pub(super) last_frame: Duration,
    pub(super) draining_since: Option<Duration>,
    /// As the core last listed it: health, why, and whether it is routable.
    pub(super) listed: Option<(Health, HealthReason, bool)>,
}

impl Life {
    pub(super) fn new(name: Name, is_native: bool) -> Life {
        Life {
            name,
            is_native,
            token: None,
            granted_at: None,
            is_registered: false,
            is_replaced: false,
            asked_on: None,
            lifeline: None,
            is_closed: false,
            inboxes: Vec::new(),
            inbox_since: Duration::ZERO,
            probed_at: None,
            last_heartbeat: Duration::ZERO,
            last_frame: Duration::ZERO,
            draining_since: None,
            listed: None,
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
            true => {
                let probed = life.probed_at.is_some_and(|at| at >= life.inbox_since);
                !life.inboxes.is_empty() && (life.inbox_since <= granted_at || probed)
            }
            false => self.has_legacy_inbox(&life.name.id),
        };
        is_subscribed
            && granted_at < now
            && !life.is_closed
            && life.draining_since.is_none()
            && now < life.last_heartbeat + self.lease_ttl.mul_f64(0.6)
    }

    pub(super) fn has_legacy_inbox(&self, id: &str) -> bool {
        self.legacy_inboxes
            .get(id)
            .is_some_and(|links| !links.is_empty())
    }

    /// A connection ended at the switch.
    pub(crate) fn closed(&mut self, now: Duration, link: LinkId, by_peer: bool) {
        let calls = &self.calls;
        let before = self.open.len();
        self.open.retain(|no| {
            let call = calls.get(no.0 as usize);
            call.is_none_or(|call| call.made.link != link)
        });
        self.tally.abandoned += (before - self.open.len()) as u32;
        let mut lost = Vec::new();
        for (process, life) in &mut self.lives {
            let had = life.inboxes.len();
            life.inboxes.retain(|inbox| *inbox != link);
            if had > 0 && life.inboxes.is_empty() {
                life.inbox_since = now;
                lost.push(*process);
            }
            if life.lifeline == Some(link) {
                life.lifeline = None;
                if by_peer {
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
            self.attempts_over_on(process);
        }
    }

    pub(super) fn attempts_over_on(&mut self, life: ProcId) {
        for no in &self.open {
            let Some(call) = self.calls.get_mut(no.0 as usize) else {
                continue;
            };
            for attempt in &mut call.attempts {
                attempt.is_over |= attempt.life == life;
            }
        }
    }

    /// The router says that this life is registered.
    pub(super) fn granted(&mut self, now: Duration, process: ProcId, token: Option<u64>) {
        let Some(life) = self.lives.get_mut(&process) else {
            return;
        };
        let was_granted = life.granted_at.replace(now).is_some();
        life.token = token;
        life.is_registered = true;
        life.is_closed = false;
        life.lifeline = life.asked_on;
        life.last_heartbeat = now;
        life.last_frame = now;
        life.draining_since = None;
        let (name, is_native) = (life.name.clone(), life.is_native);
        self.ever_granted.insert(name.service.clone());
        if was_granted && !is_native {
            self.attempts_over_on(process);
        }
        let rivals: Vec<ProcId> = self
            .lives
            .iter()
            .filter(|(other, life)| {
                **other != process
                    && life.is_registered
                    && life.name.service == name.service
                    && life.name.id == name.id
            })
            .map(|(other, _)| *other)
            .collect();
        for rival in rivals {
            self.replaced(now, rival, process);
        }
    }

    fn replaced(&mut self, now: Duration, old: ProcId, new: ProcId) {
        let ttl = self.lease_ttl;
        let Some(life) = self.lives.get_mut(&old) else {
            return;
        };
        life.is_registered = false;
        life.is_replaced = true;
        let is_gone = life.is_closed || now >= life.last_heartbeat + ttl;
        let is_native = life.is_native;
        self.attempts_over_on(old);
        if is_native && !is_gone {
            let text = format!("{new} took the id of {old}, which lives");
            self.accuse(text, None, Some(old));
        }
    }
}
