use std::time::Duration;

use aegis_nats::{ClosedBy, LocalPeer, PeerId};

use super::EventLoop;

/// How often some connections are closed at the end of a shutdown.
const STEP: Duration = Duration::from_millis(10);

/// Fewer than this are not worth spreading out.
const AT_LEAST: usize = 64;

/// The end of a shutdown: the connections that did not leave by themselves are closed a few at a
/// time, so that those clients do not all come to another server in the same moment.
#[derive(Debug)]
pub(super) struct Farewell {
    /// Those still to be closed; some may have left since.
    left: Vec<PeerId>,
    per_step: usize,
    next: Duration,
}

impl Farewell {
    fn begin(now: Duration, left: Vec<PeerId>, spread: Duration) -> Farewell {
        let steps = (spread.as_nanos() / STEP.as_nanos()).max(1);
        let steps = usize::try_from(steps).unwrap_or(usize::MAX);
        Farewell {
            per_step: left.len().div_ceil(steps).max(AT_LEAST),
            left,
            next: now,
        }
    }

    pub(super) fn next_deadline(&self) -> Duration {
        self.next
    }

    /// Whom to close now.
    fn take(&mut self, now: Duration) -> Vec<PeerId> {
        if now < self.next {
            return Vec::new();
        }
        self.next = now + STEP;
        let keep = self.left.len().saturating_sub(self.per_step);
        self.left.split_off(keep)
    }
}

impl<L: LocalPeer> EventLoop<L> {
    /// Goes on closing, beginning if need be. Says whether all are closed.
    pub(super) fn say_farewell(&mut self, now: Duration) -> bool {
        let mut farewell = self.farewell.take().unwrap_or_else(|| {
            let left = self.connections.keys().copied().collect();
            Farewell::begin(now, left, self.shutdown_spread)
        });
        for id in farewell.take(now) {
            if let Some(mut connection) = self.connections.remove(&id) {
                connection.write(self.switch.output(id));
                connection.say_goodbye();
                self.switch.closed(now, id, ClosedBy::Us);
            }
        }
        let is_over = farewell.left.is_empty();
        self.farewell = Some(farewell);
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(connections: u64, spread: Duration) -> Vec<usize> {
        let left = (0..connections).map(PeerId).collect();
        let mut now = Duration::from_secs(1);
        let mut farewell = Farewell::begin(now, left, spread);
        let mut steps = Vec::new();
        while !farewell.left.is_empty() {
            steps.push(farewell.take(now).len());
            assert!(farewell.take(now).is_empty(), "one step at a time");
            now = farewell.next_deadline();
        }
        steps
    }

    #[test]
    fn few_go_at_once_and_many_within_the_spread() {
        let second = Duration::from_secs(1);
        assert_eq!(steps(3, second), [3]);
        assert_eq!(steps(65, second), [64, 1]);
        let many = steps(65_536, second);
        assert_eq!(many.len(), 100);
        assert_eq!(many.iter().sum::<usize>(), 65_536);
        assert_eq!(steps(65_536, Duration::ZERO), [65_536]);
    }
}
