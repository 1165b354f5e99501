//! What happens on a real NATS server alone, where the driver's host is a client like any other: it
//! can lose the server, and the server may say whose connection ended.

use aegis_core::Event;
use aegis_types::Instant;

use super::Driver;
use super::hand::Hand;

impl Driver {
    /// The host's server is gone: nothing is heard and nothing can be sent.
    pub fn on_broker_lost(&mut self, now: Instant) {
        self.step(now, Event::BrokerLost, &Hand::Nothing);
    }

    /// The host has a server again, and its subscriptions are in force. What it takes in one message
    /// may be another number than before: see [`Driver::set_max_payload`].
    pub fn on_broker_regained(&mut self, now: Instant) {
        self.step(now, Event::BrokerRegained, &Hand::Nothing);
    }

    /// The connection of an inbox ended, the server says.
    pub fn on_disconnected(&mut self, now: Instant, inbox: &str) {
        for instance in self.owners_of(inbox) {
            // What it may still answer was sent over a connection that is not there any more.
            self.probes.remove(&instance);
            self.step(now, Event::Disconnected { instance }, &Hand::Nothing);
        }
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
            }
        }
    }
}
