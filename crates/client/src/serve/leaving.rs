//! How an instance leaves without a call being lost.

use std::sync::PoisonError;
use std::time::Duration;

use aegis_session::lifeline::StopReason;
use aegis_types::Lifecycle;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::serving::Parts;

/// How long what was sent before the router heard of the draining may still come in and be run.
/// With the broker in the router it is there within a round trip; over a cluster it takes longer.
const SETTLE: Duration = Duration::from_millis(100);

impl Parts {
    /// Whether the caller is the first to leave, who does it.
    pub(super) fn leave_first(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut left, true)
    }

    /// Says first that it wants no more, so that nothing need be refused; what is refused after all
    /// is sent to another instance, since a refusal proves that it did not run.
    pub(super) async fn drain(&self) -> StopReason {
        self.served.say(|word| word.lifecycle = Lifecycle::Draining);
        match timeout(self.drain_timeout, self.member.heartbeat()).await {
            Ok(Ok(())) => self.settle().await,
            // No router sends anything now, or one does that does not know yet, and is refused.
            why => debug!(
                ?why,
                event = "draining_not_heard",
                "no router confirmed the draining"
            ),
        }
        self.finish().await;
        self.member.deregister();
        let reason = self.member.stopped().await;
        self.give_up_inbox();
        reason
    }

    /// Once the router knows, no call comes any more; the inbox stays until the last handler ended,
    /// since its end would look like a death with calls in flight.
    pub(super) async fn leave(&self) {
        self.member.deregister();
        self.member.stopped().await;
        self.finish().await;
        self.give_up_inbox();
    }

    /// The broker has sent what it had for us when it answers; then it waits for what is slower.
    pub(super) async fn settle(&self) {
        // Without an answer the connection is lost, and what was on its way with it.
        let _ = self.core.work.flush(SETTLE).await;
        sleep(SETTLE).await;
    }

    async fn finish(&self) {
        if !self.served.drain(self.drain_timeout).await {
            let running = self.served.admission().running();
            warn!(
                service = self.served.identity.service.as_str(),
                instance = self.served.identity.instance.as_str(),
                running,
                event = "drain_timed_out",
                "handlers still run after the drain timeout; their calls end as unknown"
            );
        }
    }

    fn give_up_inbox(&self) {
        for sid in self.discovery.iter().chain([&self.sid]) {
            self.core.inboxes.remove(*sid);
            self.core.work.unsubscribe(*sid);
        }
    }
}
