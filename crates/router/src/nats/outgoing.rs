//! What the driver wants sent, and what becomes of what the connection does not take.

use aegis_bus::PublishError;
use aegis_nats::LocalPeer;
use aegis_types::Instant;

use super::host::Host;

/// Name of the server's own limit, as refusals give it.
const MAX_PAYLOAD: &str = "max_payload";

impl Host {
    /// What cannot be sent is proof that it was not run, and told to the driver, which may want to send
    /// something else then.
    pub(super) fn send_all(&mut self) {
        while !self.driver.outbox().is_empty() {
            let unsent = self.send_outbox();
            for (token, error) in unsent {
                self.on_unsent(token, error);
            }
        }
    }

    /// The tokens of those that were refused. Answers have none: their callers wait.
    fn send_outbox(&mut self) -> Vec<(u128, PublishError)> {
        let mut unsent = Vec::new();
        let Some(connection) = self.connection.upgrade() else {
            self.driver.outbox().clear();
            return unsent;
        };
        let outbox = self.driver.outbox();
        for publish in outbox.publishes() {
            let (subject, reply) = (outbox.subject(publish), outbox.reply(publish));
            let (headers, payload) = (outbox.headers(publish), outbox.payload(publish));
            let Err(error) = connection.publish(subject, reply, headers, payload) else {
                continue;
            };
            unsent.extend(publish.token.map(|token| (token, error)));
            if !matches!(error, PublishError::NotConnected | PublishError::Closed) {
                self.lines.now = Instant::from_origin(aegis_broker::now());
                self.counts.unsent += 1;
                self.lines.unsent(subject, payload, &error);
            }
        }
        outbox.clear();
        unsent
    }

    fn on_unsent(&mut self, token: u128, error: PublishError) {
        let now = aegis_broker::now();
        let at = Instant::from_origin(now);
        match error {
            PublishError::NotConnected => {
                // Perhaps before the connection says so: what is sent again must wait.
                self.note_broker_lost(at);
                self.driver.on_unsent(at, token, None);
            }
            PublishError::Overloaded { limit, .. } => {
                self.driver.on_unsent(at, token, Some(limit));
            }
            PublishError::PayloadTooLarge { .. } => {
                self.driver.on_unsent(at, token, Some(MAX_PAYLOAD));
            }
            // Nobody can be reached under such a name.
            PublishError::InvalidSubject => self.driver.on_no_responders(now, token),
            PublishError::Closed => {}
        }
    }
}
