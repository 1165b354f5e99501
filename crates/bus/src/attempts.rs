//! What came of dialling, for those who wait for a connection.

use crate::DialError;

/// Dials since a broker was last ready.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// How many came to nothing.
    failed: usize,
    /// Whether each server of the list had its turn.
    is_round_over: bool,
    /// The last refusal that waiting alone does not mend.
    pub(crate) refusal: Option<DialError>,
    /// The last failure of any kind, and whose it was.
    pub(crate) last: Option<(String, DialError)>,
}

impl Attempts {
    /// One more came to nothing. The list has `servers` servers.
    pub(crate) fn failed(&mut self, servers: usize, address: String, error: DialError) {
        self.failed = self.failed.saturating_add(1);
        self.is_round_over |= self.failed >= servers;
        if error.is_refusal() {
            self.refusal = Some(error.clone());
        }
        self.last = Some((address, error));
    }

    /// Whether waiting on is of no use.
    pub(crate) fn is_refused(&self) -> bool {
        self.is_round_over && self.refusal.is_some()
    }
}

#[cfg(test)]
mod tests {
    use aegis_nats::client::DropReason;

    use super::*;

    #[test]
    fn one_refusal_is_final_once_every_server_had_its_turn() {
        let refusal = DialError::Dropped(DropReason::AuthenticationRequired);
        let mut attempts = Attempts::default();
        attempts.failed(2, "a:1".to_owned(), refusal);
        assert!(!attempts.is_refused());
        attempts.failed(2, "b:1".to_owned(), DialError::ClosedByBroker);
        assert!(attempts.is_refused());
    }

    #[test]
    fn who_is_not_there_yet_may_come() {
        let mut attempts = Attempts::default();
        for _ in 0..9 {
            attempts.failed(1, "a:1".to_owned(), DialError::ClosedByBroker);
        }
        assert!(!attempts.is_refused());
    }
}
