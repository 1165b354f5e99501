//! Output that may wait a moment for company: one write for many small messages nobody waits for.

use std::time::Duration;

/// Longest wait of a message that was published with
/// [`publish_lingering`](crate::Connection::publish_lingering); the timer adds up to a millisecond.
pub(crate) const LINGER: Duration = Duration::from_millis(1);

/// How much of the output may wait, and until when.
///
/// A connection that wrote nothing lately writes at once, so a message that comes alone never waits.
/// One that is busy with such messages writes once in [`LINGER`]. Anything else takes them along.
#[derive(Debug, Default)]
pub(crate) struct Linger {
    /// Bytes of the output that may wait.
    bytes: usize,
    /// When output was last taken for writing.
    taken: Option<Duration>,
}

impl Linger {
    /// So many bytes were appended that may wait. True if these are the first, and a timer is needed.
    pub(crate) fn appended(&mut self, bytes: usize) -> bool {
        let is_first = self.bytes == 0;
        self.bytes += bytes;
        is_first && bytes > 0
    }

    /// Whether an output of so many bytes has to wait yet.
    pub(crate) fn holds(&self, output: usize, now: Duration) -> bool {
        output > 0 && output == self.bytes && self.due().is_some_and(|due| now < due)
    }

    /// When an output that waits has to be written.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.due().filter(|_| self.bytes > 0)
    }

    /// All output was taken for writing.
    pub(crate) fn taken(&mut self, now: Duration) {
        self.bytes = 0;
        self.taken = Some(now);
    }

    /// The socket is gone, and what waited with it.
    pub(crate) fn reset(&mut self) {
        *self = Linger::default();
    }

    fn due(&self) -> Option<Duration> {
        self.taken.map(|taken| taken + LINGER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: Duration = Duration::from_secs(7);

    fn after(share: u32) -> Duration {
        SINCE + LINGER * share / 4
    }

    #[test]
    fn what_comes_alone_leaves_at_once() {
        let mut linger = Linger::default();
        assert!(linger.appended(10));
        assert!(!linger.holds(10, SINCE), "nothing was ever written");
        linger.taken(SINCE);
        assert_eq!(linger.deadline(), None);
        assert!(linger.appended(10));
        assert!(!linger.holds(10, after(4)), "the last write is long ago");
    }

    #[test]
    fn what_comes_soon_after_a_write_waits_for_the_next() {
        let mut linger = Linger::default();
        linger.taken(SINCE);
        assert!(linger.appended(10));
        assert!(!linger.appended(20), "the timer runs already");
        assert!(linger.holds(30, after(3)));
        assert_eq!(linger.deadline(), Some(after(4)));
        assert!(!linger.holds(30, after(4)));
    }

    #[test]
    fn whatever_may_not_wait_takes_it_along() {
        let mut linger = Linger::default();
        linger.taken(SINCE);
        linger.appended(10);
        assert!(!linger.holds(11, after(1)));
    }

    #[test]
    fn a_new_socket_owes_nothing() {
        let mut linger = Linger::default();
        linger.taken(SINCE);
        linger.appended(10);
        linger.reset();
        assert_eq!(linger.deadline(), None);
        assert!(!linger.holds(0, SINCE));
    }
}
