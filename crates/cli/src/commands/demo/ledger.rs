//! What the instances really started: the witness against running a call twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What an instance prints when it starts an `at_most_once` handler, before the call's number. What a
/// process wrote before it was killed stays in its pipe, so no start is missed.
pub(crate) const CHARGED: &str = "charged ";

/// How often each `at_most_once` call was started, on all instances together.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    starts: Arc<Mutex<BTreeMap<u64, u32>>>,
}

impl Ledger {
    /// Reads one line of an instance.
    pub(super) fn note(&self, line: &str) {
        if let Some(id) = line
            .strip_prefix(CHARGED)
            .and_then(|id| id.trim().parse().ok())
        {
            *self
                .starts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id)
                .or_default() += 1;
        }
    }

    /// Calls that were started more than once.
    pub(super) fn run_twice(&self) -> u64 {
        let starts = self.starts.lock().unwrap_or_else(PoisonError::into_inner);
        starts.values().map(|&times| u64::from(times > 1)).sum()
    }

    /// Calls that were started at all. At least as many as were answered, once all lines are read:
    /// else the witness slept.
    pub(super) fn started(&self) -> u64 {
        self.starts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_start_is_seen_whoever_made_it() {
        let ledger = Ledger::default();
        for line in ["charged 1", "charged 2", "something else", "charged 1"] {
            ledger.clone().note(line);
        }
        assert_eq!((ledger.started(), ledger.run_twice()), (2, 1));
    }
}
