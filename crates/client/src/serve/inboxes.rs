use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use aegis_bus::{Delivery, Sid};
use rustc_hash::FxHashMap;

use super::Served;
use super::discovery::{Discovery, Verb};
use super::serving::Parts;

/// What a subscription of the work connection is for.
#[derive(Clone)]
enum Inbox {
    /// Requests to a service.
    Served(Arc<Served>),
    /// Questions about a service.
    Discovery(Verb, Arc<Discovery>),
}

/// Which subscription of the work connection is whose inbox, and who serves over it.
#[derive(Default)]
pub(crate) struct Inboxes {
    by_sid: Mutex<FxHashMap<Sid, Inbox>>,
    /// Weak: an instance must not keep itself registered.
    serving: Mutex<Vec<Weak<Parts>>>,
}

impl Inboxes {
    pub(super) fn add(&self, sid: Sid, served: Arc<Served>) {
        self.lock().insert(sid, Inbox::Served(served));
    }

    pub(super) fn add_discovery(&self, sid: Sid, verb: Verb, discovery: Arc<Discovery>) {
        self.lock().insert(sid, Inbox::Discovery(verb, discovery));
    }

    /// Subscriptions for questions.
    pub(super) fn discoveries(&self) -> usize {
        let is_discovery = |inbox: &&Inbox| matches!(inbox, Inbox::Discovery(..));
        self.lock().values().filter(is_discovery).count()
    }

    pub(super) fn serves(&self, parts: &Arc<Parts>) {
        let mut serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        serving.retain(|parts| parts.strong_count() > 0);
        serving.push(Arc::downgrade(parts));
    }

    /// The work connection is about to leave its server.
    pub(crate) fn on_leaving(&self) {
        for parts in self.all_serving() {
            parts.begin_move();
        }
    }

    /// The work connection has a server again.
    pub(crate) fn on_ready(&self) {
        for parts in self.all_serving() {
            parts.end_move();
        }
    }

    fn all_serving(&self) -> Vec<Arc<Parts>> {
        let serving = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        serving.iter().filter_map(Weak::upgrade).collect()
    }

    pub(super) fn remove(&self, sid: Sid) {
        self.lock().remove(&sid);
    }

    /// Whether the message was for one of them.
    pub(crate) fn on_message(&self, message: &Delivery<'_>) -> bool {
        let inbox = self.lock().get(&message.sid).cloned();
        match inbox {
            None => return false,
            Some(Inbox::Served(served)) => served.on_message(message),
            Some(Inbox::Discovery(verb, discovery)) => discovery.on_request(verb, message.reply),
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<Sid, Inbox>> {
        self.by_sid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
