//! What is told of an instance's heartbeats themselves: that they are late, were missed, arrive again.
//!
//! It follows the silence alone. Health does not tell it: who is suspect for another reason falls silent
//! without becoming anything else, and who comes back may be no better than suspect.

use std::time::Duration;

use crate::effect::Effect;
use crate::keys::InstanceKey;
use crate::router::Router;

/// How an instance's heartbeats come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beats {
    /// In time.
    #[default]
    Arriving,
    /// Nothing was heard for most of its lease, and no heartbeat since.
    Late,
    /// Its lease ended without one, and none came since.
    Missed,
}

impl Beats {
    /// In a word, for logs and tests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Beats::Arriving => "arriving",
            Beats::Late => "late",
            Beats::Missed => "missed",
        }
    }
}

impl Router {
    /// From now on its heartbeats come like this.
    pub(crate) fn note_beats(
        &mut self,
        key: InstanceKey,
        beats: Beats,
        silent: Duration,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        if std::mem::replace(&mut instance.beats, beats) != beats {
            effects.push(Effect::ReportBeats {
                instance: key,
                beats,
                silent,
            });
        }
    }
}
