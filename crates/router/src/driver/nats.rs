//! What happens on a real NATS server alone, where the driver's host is a client like any other: it
//! can lose the server, and the server may say whose connection ended.

use aegis_core::{Event, InstanceKey};
use aegis_types::Instant;

use super::Driver;
use super::hand::Hand;

/// What whoever looks after connections has not been told yet.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    located: Vec<(InstanceKey, String)>,
    pub(super) removed: Vec<InstanceKey>,
}

impl Driver {
    /// The host's server is gone: nothing is heard and nothing can be sent.
    pub fn on_broker_lost(&mut self, now: Instant) {
        // No answer and no 503 comes to what was asked: that nothing comes proves nothing.
        self.probes.clear();
        self.legacy_probes.clear();
        self.step(now, Event::BrokerLost, &Hand::Nothing);
    }

    /// The host has a server again, and its subscriptions are in force. What it takes in one message
    /// may be another number than before: see [`Driver::set_max_payload`].
    pub fn on_broker_regained(&mut self, now: Instant) {
        self.step(now, Event::BrokerRegained, &Hand::Nothing);
    }

    /// The host takes no requests from now on, also no heartbeats: it is not sure that it serves, or leaves
    /// its server.
    pub fn on_fenced(&mut self, now: Instant) {
        self.step(now, Event::Fenced, &Hand::Nothing);
    }

    /// The host takes requests again: the server has its subscriptions, or has them before anything
    /// that is published from now on.
    pub fn on_unfenced(&mut self, now: Instant) {
        self.step(now, Event::Unfenced, &Hand::Nothing);
    }

    /// The time is over that calls in flight were given at a stop: whoever still waits is told what is
    /// known. On the embedded broker the end of the connection says it.
    pub fn on_grace_ended(&mut self, now: Instant) {
        self.step(now, Event::GraceEnded, &Hand::Nothing);
    }

    /// The connection of an instance's inbox ended, the server says.
    pub fn on_disconnected(&mut self, now: Instant, instance: InstanceKey) {
        // What it may still answer was sent over a connection that is not there any more.
        self.probes.remove(&instance);
        self.step(now, Event::Disconnected { instance }, &Hand::Nothing);
    }

    /// From now on, [`Driver::take_located`] and [`Driver::take_removed`] tell.
    pub fn track_inboxes(&mut self) {
        self.tracked.get_or_insert_default();
    }

    /// Instances whose inbox was found to be there since this was asked last, with its subject.
    pub fn take_located(&mut self) -> Vec<(InstanceKey, String)> {
        let tracked = self.tracked.as_mut();
        tracked.map_or_else(Vec::new, |tracked| std::mem::take(&mut tracked.located))
    }

    /// Instances that are no more.
    pub fn take_removed(&mut self) -> Vec<InstanceKey> {
        let tracked = self.tracked.as_mut();
        tracked.map_or_else(Vec::new, |tracked| std::mem::take(&mut tracked.removed))
    }

    /// Its inbox is there, perhaps on another connection than before.
    pub(super) fn locate(&mut self, instance: InstanceKey) {
        let (Some(tracked), Some(view)) = (&mut self.tracked, self.core.instance(instance)) else {
            return;
        };
        let (service, id) = (view.service.as_str(), view.id.as_str());
        let inbox = if view.native {
            self.subjects.inbox(service, id, view.incarnation)
        } else {
            self.subjects.legacy_inbox(id)
        };
        tracked.located.push((instance, inbox));
    }

    /// Most bytes of headers and body that the server takes in one message.
    pub fn set_max_payload(&mut self, max: usize) {
        self.max_payload = max;
    }

    /// Legacy inboxes of which no 503 came: somebody listens there.
    pub(super) fn take_silent_probes(&mut self, now: Instant) {
        while let Some((instance, nonce)) = self.legacy_probes.take_due(now) {
            if self.probes.get(&instance) == Some(&nonce) {
                self.probes.remove(&instance);
                self.step(now, Event::InboxGained { instance }, &Hand::Nothing);
                self.locate(instance);
            }
        }
    }
}
