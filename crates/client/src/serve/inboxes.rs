use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aegis_bus::{Delivery, Sid};
use rustc_hash::FxHashMap;

use super::Served;

/// Which subscription of the work connection is whose inbox.
#[derive(Default)]
pub(crate) struct Inboxes {
    by_sid: Mutex<FxHashMap<Sid, Arc<Served>>>,
}

impl Inboxes {
    pub(super) fn add(&self, sid: Sid, served: Arc<Served>) {
        self.lock().insert(sid, served);
    }

    pub(super) fn remove(&self, sid: Sid) {
        self.lock().remove(&sid);
    }

    /// Whether the message was for one of them.
    pub(crate) fn on_message(&self, message: &Delivery<'_>) -> bool {
        let served = self.lock().get(&message.sid).cloned();
        let Some(served) = served else {
            return false;
        };
        served.on_message(message);
        true
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<Sid, Arc<Served>>> {
        self.by_sid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
