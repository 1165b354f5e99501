use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::StopHandle;

type Look<L> = Box<dyn FnOnce(&L) + Send>;

/// Looks at the local peer from any thread: the loop is woken and lets it be looked at between two
/// turns. Cheap to clone.
pub struct Looker<L> {
    looks: Sender<Look<L>>,
    stop: StopHandle,
}

/// The loop's end.
pub(crate) struct Looks<L>(Receiver<Look<L>>);

pub(crate) fn looks<L>(stop: StopHandle) -> (Looker<L>, Looks<L>) {
    let (looks, asked) = channel();
    (Looker { looks, stop }, Looks(asked))
}

impl<L> Looker<L> {
    /// What `look` finds, in the loop's thread. It holds everybody up, so it must be short. `None`:
    /// the loop did not come to it in time, or has ended.
    pub fn look<T: Send + 'static>(
        &self,
        within: Duration,
        look: impl FnOnce(&L) -> T + Send + 'static,
    ) -> Option<T> {
        let (found, told) = channel();
        let look = Box::new(move |local: &L| {
            // Whoever asked may be tired of waiting.
            let _ = found.send(look(local));
        });
        self.looks.send(look).ok()?;
        self.stop.wake();
        told.recv_timeout(within).ok()
    }
}

impl<L> Looks<L> {
    /// One per turn: what several ask for is spread over turns.
    pub(crate) fn next(&self) -> Option<Look<L>> {
        self.0.try_recv().ok()
    }
}

impl<L> Clone for Looker<L> {
    fn clone(&self) -> Looker<L> {
        Looker {
            looks: self.looks.clone(),
            stop: self.stop.clone(),
        }
    }
}

impl<L> fmt::Debug for Looker<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Looker")
    }
}

impl<L> fmt::Debug for Looks<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Looks")
    }
}
