//! How an instance goes along when its work connection leaves a server that is about to stop.
//!
//! Its inbox stays subscribed until its last handler has answered: the end of it would look like a death
//! with calls in flight. So that this ever comes under load, the router is first told that the
//! instance drains, and once the connection has reached another server, that it serves again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::serving::Parts;

/// Pause before the router is told again. The lifeline may be on its way to another server just now,
/// and the router itself.
const TELL_AGAIN: Duration = Duration::from_millis(50);

impl Parts {
    /// The connection stays until the router knows and what it had sent before is here; how long that
    /// may take at most is the connection's to decide.
    pub(super) fn begin_move(self: &Arc<Self>) {
        let hold = self.core.work.hold();
        self.served.say(|word| word.is_moving = true);
        let parts = Arc::clone(self);
        self.served.runtime.spawn(async move {
            while parts.served.word().is_moving && !parts.member.is_stopped() {
                if parts.member.heartbeat().await.is_ok() {
                    parts.settle().await;
                    break;
                }
                sleep(TELL_AGAIN).await;
            }
            drop(hold);
        });
    }

    /// It is there. An instance that drains for another reason goes on with that.
    pub(super) fn end_move(&self) {
        let mut was_moving = false;
        self.served
            .say(|word| was_moving = std::mem::replace(&mut word.is_moving, false));
        if was_moving {
            self.member.tell();
        }
    }
}
