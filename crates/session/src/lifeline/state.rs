use aegis_types::Instant;

use super::registration::Registration;
use super::{Ask, StopReason, WaitingFor};

/// Where a lifeline stands. Each state holds what only it needs.
#[derive(Clone, Debug)]
pub(super) enum State {
    Disconnected,
    Waiting {
        retry_at: Instant,
        why: WaitingFor,
    },
    Preparing {
        ask: Ask,
    },
    Registering {
        ask: Ask,
        sent_at: Instant,
        /// Deregister as soon as the token is known.
        leaving: bool,
    },
    Registered(Registration),
    Deregistering {
        ask: Ask,
    },
    Stopped(StopReason),
}
