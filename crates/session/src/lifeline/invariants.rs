use aegis_types::Instant;

use super::Lifeline;
use super::state::State;

impl Lifeline {
    /// Panics if one of the invariants that can be read off the state does not hold. For tests and
    /// the simulator, after every event.
    pub fn check_invariants(&self, now: Instant) {
        let out = match &self.state {
            State::Preparing { ask }
            | State::Registering { ask, .. }
            | State::Deregistering { ask } => Some(*ask),
            State::Registered(registration) => registration.heartbeat_out(),
            _ => None,
        };
        if let Some(ask) = out {
            assert_eq!(ask, self.last_ask, "an older question is still out");
        }
        if let State::Registered(registration) = &self.state {
            assert!(
                !(registration.asked_by_hand || registration.asked_again) || out.is_some(),
                "somebody waits for a heartbeat that is not out"
            );
        }
        if matches!(self.state, State::Disconnected | State::Stopped(_)) {
            assert_eq!(self.next_deadline(), None, "a timer without a purpose");
        }
        if let Some(due) = self.next_deadline() {
            assert!(due > now, "due at {due}, not taken at {now}");
        }
    }
}
