use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aegis_bus::{Delivery, Sid};
use aegis_wire::event::{InstanceEvent, RouterEvent};
use tokio::sync::Notify;
use tracing::debug;

use super::{Gap, InstanceChange, RouterChange, WatchEvent};

/// Events of one [`Watch`](super::Watch) that may wait to be taken.
pub const WATCH_QUEUE: usize = 1024;

/// Which subscription of the work connection feeds which watch.
#[derive(Default)]
pub(crate) struct Feeds(Mutex<HashMap<Sid, (Kind, Arc<Feed>)>>);

#[derive(Clone, Copy)]
enum Kind {
    Instances,
    Routers,
}

/// What came and was not taken yet. Written by the work connection's task, which never waits.
#[derive(Default)]
pub(super) struct Feed {
    state: Mutex<State>,
    came: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<WatchEvent>,
    gap: Option<Gap>,
    closed: bool,
}

/// What a watch finds.
pub(super) enum Next {
    Event(Box<WatchEvent>),
    Gap(Gap),
    Closed,
}

impl Feed {
    /// A gap comes first: what came before it is no longer worth telling.
    pub(super) async fn next(&self) -> Next {
        loop {
            let came = self.came.notified();
            if let Some(next) = self.take() {
                return next;
            }
            came.await;
        }
    }

    /// Forgets what came so far; what comes from now on counts. `false` once it is closed.
    pub(super) fn start_anew(&self) -> bool {
        let mut state = self.state();
        state.events.clear();
        state.gap = None;
        !state.closed
    }

    fn take(&self) -> Option<Next> {
        let mut state = self.state();
        if let Some(gap) = state.gap.take() {
            return Some(Next::Gap(gap));
        }
        match state.events.pop_front() {
            Some(event) => Some(Next::Event(Box::new(event))),
            None => state.closed.then_some(Next::Closed),
        }
    }

    fn push(&self, event: WatchEvent) {
        let mut state = self.state();
        if state.gap.is_some() {
            return;
        }
        if state.events.len() >= WATCH_QUEUE {
            state.events.clear();
            state.gap = Some(Gap::TooSlow);
        } else {
            state.events.push_back(event);
        }
        drop(state);
        self.came.notify_one();
    }

    fn lose(&self, gap: Gap) {
        let mut state = self.state();
        state.events.clear();
        state.gap = Some(gap);
        drop(state);
        self.came.notify_one();
    }

    fn close(&self) {
        self.state().closed = true;
        self.came.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feeds {
    pub(super) fn add(&self, [instances, routers]: [Sid; 2], feed: &Arc<Feed>) {
        let mut feeds = self.lock();
        feeds.insert(instances, (Kind::Instances, Arc::clone(feed)));
        feeds.insert(routers, (Kind::Routers, Arc::clone(feed)));
    }

    pub(super) fn remove(&self, sids: [Sid; 2]) {
        let mut feeds = self.lock();
        for sid in sids {
            feeds.remove(&sid);
        }
    }

    pub(crate) fn on_message(&self, message: &Delivery<'_>) {
        let Some((kind, feed)) = self.lock().get(&message.sid).cloned() else {
            return;
        };
        let event = match kind {
            Kind::Instances => InstanceEvent::decode(message.payload)
                .map(|event| WatchEvent::InstanceChanged(InstanceChange::from(event))),
            Kind::Routers => RouterEvent::decode(message.payload)
                .map(|event| WatchEvent::RouterChanged(RouterChange::from(event))),
        };
        match event {
            Ok(event) => feed.push(event),
            Err(error) => {
                debug!(%error, event = "event_dropped", "an event that cannot be read");
            }
        }
    }

    pub(crate) fn on_connection_lost(&self) {
        for (_, feed) in self.lock().values() {
            feed.lose(Gap::ConnectionLost);
        }
    }

    pub(crate) fn close(&self) {
        for (_, feed) in self.lock().values() {
            feed.close();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Sid, (Kind, Arc<Feed>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
