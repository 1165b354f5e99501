//! How an instance leaves: the order of `crates/client/src/serve/leaving.rs`.

use std::time::Duration;

use aegis_session::lifeline::{Event, StopReason};
use aegis_types::{Instant, Lifecycle};

use super::Native;
use crate::actors::Io;

/// How long what was sent before the router heard of the draining may still come in.
const SETTLE: Duration = Duration::from_millis(100);

/// How long each part of leaving may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);

/// Where an instance that leaves stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    No,
    /// It has said that it drains, and waits for the router's word.
    Telling {
        until: Instant,
    },
    /// What is on its way to it may still come.
    Settling {
        until: Instant,
    },
    /// It refuses what is new and waits for its handlers.
    Finishing {
        until: Instant,
    },
    Deregistering,
    /// Deregistered: it waits for its handlers.
    Ending {
        until: Instant,
    },
}

impl Leaving {
    pub(super) fn deadline(self) -> Option<Instant> {
        match self {
            Leaving::No | Leaving::Deregistering => None,
            Leaving::Telling { until }
            | Leaving::Settling { until }
            | Leaving::Finishing { until }
            | Leaving::Ending { until } => Some(until),
        }
    }
}

impl Native {
    pub(super) fn drain(&mut self, io: &mut Io<'_>) {
        if self.leaving == Leaving::No {
            self.pulse.lifecycle = Lifecycle::Draining;
            let until = io.clock() + DRAIN_TIMEOUT;
            self.leaving = Leaving::Telling { until };
            self.tell(io, Event::HeartbeatAsked);
        }
    }

    pub(super) fn leave(&mut self, io: &mut Io<'_>) {
        if self.leaving == Leaving::No {
            self.leaving = Leaving::Deregistering;
            self.tell(io, Event::DeregisterAsked);
        }
    }

    /// A heartbeat that somebody waited for was answered.
    pub(super) fn on_asked_heartbeat(&mut self, io: &mut Io<'_>, confirmed: bool) {
        if let Leaving::Telling { .. } = self.leaving {
            let until = io.clock() + SETTLE;
            self.leaving = Leaving::Settling { until };
            if !confirmed {
                self.finish_all(io);
            }
        }
    }

    fn finish_all(&mut self, io: &Io<'_>) {
        self.admission.drain();
        let until = io.clock() + DRAIN_TIMEOUT;
        self.leaving = Leaving::Finishing { until };
    }

    pub(super) fn go_on_leaving(&mut self, io: &mut Io<'_>) {
        let now = io.clock();
        match self.leaving {
            Leaving::Telling { until } | Leaving::Settling { until } if until <= now => {
                self.finish_all(io);
                self.go_on_leaving(io);
            }
            Leaving::Finishing { until } if until <= now || self.admission.is_idle() => {
                self.leaving = Leaving::Deregistering;
                self.tell(io, Event::DeregisterAsked);
            }
            Leaving::Ending { until } if until <= now || self.admission.is_idle() => {
                if let Some(inbox) = self.inbox.take() {
                    self.work.unsubscribe(inbox);
                    self.work.upkeep(io);
                }
                io.end();
            }
            _ => {}
        }
    }

    pub(super) fn on_stopped(&mut self, io: &mut Io<'_>, reason: &StopReason) {
        io.tell(None, format!("stops: {reason}"));
        self.admission.drain();
        let until = match reason {
            StopReason::Deregistered { .. } => io.clock() + DRAIN_TIMEOUT,
            // Put out or replaced: what still reaches the inbox belongs to others.
            _ => io.clock(),
        };
        self.leaving = Leaving::Ending { until };
    }
}
