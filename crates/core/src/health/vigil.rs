//! Silence with work in flight: a process that was paused keeps its connections open and sends
//! nothing. Waiting for its lease would take many seconds, so it is asked.

use std::time::Duration;

use aegis_types::{HealthReason, Instant};

use crate::effect::Effect;
use crate::keys::InstanceKey;
use crate::router::Router;

/// A native instance with work in flight that sent no frame for this long is probed.
const QUIET_FOR: Duration = Duration::from_secs(1);

/// One that does not answer the probe in this time is suspect.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// Whether an instance's silence is looked into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Vigil {
    /// It has no work in flight, or is suspect already.
    #[default]
    None,
    /// It has work in flight: look again then.
    Watching {
        /// When to look.
        until: Instant,
    },
    /// It was probed and has said nothing since.
    Probed {
        /// When the probe went out.
        since: Instant,
    },
}

impl Vigil {
    pub(crate) fn due(self) -> Option<Instant> {
        match self {
            Vigil::None => None,
            Vigil::Watching { until } => Some(until),
            Vigil::Probed { since } => Some(since + ANSWER_WITHIN),
        }
    }
}

impl Router {
    /// An attempt was sent to it.
    pub(crate) fn begin_vigil(&mut self, now: Instant, key: InstanceKey) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        if instance.vigil == Vigil::None && instance.is_native() {
            let until = now + QUIET_FOR;
            instance.vigil = Vigil::Watching { until };
            self.arm(key);
        }
    }

    /// Looks at its silence, if it is time to.
    pub(crate) fn keep_vigil(&mut self, now: Instant, key: InstanceKey, effects: &mut Vec<Effect>) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        if instance.vigil.due().is_none_or(|due| due > now) {
            return;
        }
        let quiet_until = instance.last_heard + QUIET_FOR;
        match instance.vigil {
            // Whoever hears nobody asks nobody.
            _ if self.trust.is_deaf() => {
                let until = now + QUIET_FOR;
                instance.vigil = Vigil::Watching { until };
            }
            _ if instance.in_flight == 0 => instance.vigil = Vigil::None,
            Vigil::None => {}
            Vigil::Probed { since } if instance.last_heard < since => {
                instance.vigil = Vigil::None;
                let doubt = &mut instance.evidence.doubt;
                *doubt = doubt.or(Some(HealthReason::ProbeUnanswered));
                self.reassess(now, key, HealthReason::ProbeUnanswered, effects);
            }
            _ if quiet_until > now => instance.vigil = Vigil::Watching { until: quiet_until },
            Vigil::Watching { .. } | Vigil::Probed { .. } => {
                instance.vigil = Vigil::Probed { since: now };
                effects.push(Effect::Probe { instance: key });
            }
        }
    }
}
