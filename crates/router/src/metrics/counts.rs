use std::collections::BTreeMap;

use aegis_core::{
    Effect, Event, HeartbeatRefusal, RegistrationRefusal, Router, TrustReason, TrustState,
};
use aegis_types::Health;

/// From, to and why an instance changed, as labels.
pub(crate) type Transition = (&'static str, &'static str, &'static str);

/// Where the router's trust in itself goes, and why.
const TRUST: [(TrustState, TrustReason); 10] = [
    (TrustState::Warming, TrustReason::WokeLate),
    (TrustState::Warming, TrustReason::BrokerLost),
    (TrustState::Warming, TrustReason::BrokerRegained),
    (TrustState::Warming, TrustReason::Fenced),
    (TrustState::Warming, TrustReason::Unfenced),
    (TrustState::Normal, TrustReason::Watched),
    (TrustState::Preserving, TrustReason::MassSilence),
    (TrustState::Normal, TrustReason::HeartbeatsReturned),
    (TrustState::Normal, TrustReason::LossProven),
    (TrustState::Normal, TrustReason::TimeOver),
];

const REGISTRATION_WORDS: [&str; 6] = [
    "duplicate_instance",
    "stale_incarnation",
    "role_conflict",
    "evicted",
    "overloaded",
    "stopping",
];

const HEARTBEAT_REFUSALS: [HeartbeatRefusal; 4] = [
    HeartbeatRefusal::UnknownInstance,
    HeartbeatRefusal::StaleIncarnation,
    HeartbeatRefusal::WrongToken,
    HeartbeatRefusal::Evicted,
];

/// What the core asked for and was told, where that happens seldom and is counted by its reason.
#[derive(Clone, Debug)]
pub(crate) struct Counts {
    pub(crate) registrations: u64,
    pub(crate) registrations_refused: BTreeMap<&'static str, u64>,
    pub(crate) deregistrations: u64,
    pub(crate) heartbeats_refused: BTreeMap<&'static str, u64>,
    pub(crate) probes_sent: u64,
    pub(crate) probes_answered: u64,
    pub(crate) probes_unheard: u64,
    /// By place of the service and transition.
    pub(crate) transitions: BTreeMap<(u16, Transition), u64>,
    /// By state and reason.
    pub(crate) trust: BTreeMap<(&'static str, &'static str), u64>,
}

impl Default for Counts {
    /// With every reason that there is: the first of something must be seen as a step from nothing.
    fn default() -> Counts {
        let trust = TRUST.map(|(to, reason)| ((to.as_str(), reason.code()), 0));
        Counts {
            registrations: 0,
            registrations_refused: REGISTRATION_WORDS.map(|word| (word, 0)).into(),
            deregistrations: 0,
            heartbeats_refused: HEARTBEAT_REFUSALS
                .map(|why| (heartbeat_word(why), 0))
                .into(),
            probes_sent: 0,
            probes_answered: 0,
            probes_unheard: 0,
            transitions: BTreeMap::new(),
            trust: trust.into(),
        }
    }
}

impl Counts {
    pub(crate) fn note_event(&mut self, event: &Event<'_>) {
        match event {
            Event::ProbeAnswered { .. } => self.probes_answered += 1,
            Event::ProbeUnheard { .. } => self.probes_unheard += 1,
            _ => {}
        }
    }

    pub(crate) fn note_effect(&mut self, core: &Router, effect: &Effect) {
        match effect {
            Effect::AdmitRegistration { .. } => self.registrations += 1,
            Effect::RefuseRegistration(why)
            | Effect::RefuseHeldRegistration { refusal: why, .. } => {
                *self.registrations_refused.entry(word(why)).or_default() += 1;
            }
            Effect::ConfirmDeregistration { known: true } => self.deregistrations += 1,
            Effect::RefuseHeartbeat(why) => {
                *self
                    .heartbeats_refused
                    .entry(heartbeat_word(*why))
                    .or_default() += 1;
            }
            Effect::Probe { .. } => self.probes_sent += 1,
            Effect::Announce(change) => {
                let place = core.metrics_place(change.service.as_str());
                let from = change.from.map_or("none", Health::as_str);
                let to = change.to.map_or("none", Health::as_str);
                let reason = change.reason.map_or("none", |reason| reason.code());
                *self
                    .transitions
                    .entry((place, (from, to, reason)))
                    .or_default() += 1;
            }
            Effect::AnnounceTrust(change) => {
                let label = (change.to.as_str(), change.reason.code());
                *self.trust.entry(label).or_default() += 1;
            }
            _ => {}
        }
    }
}

fn word(refusal: &RegistrationRefusal) -> &'static str {
    match refusal {
        RegistrationRefusal::DuplicateInstance => "duplicate_instance",
        RegistrationRefusal::StaleIncarnation { .. } => "stale_incarnation",
        RegistrationRefusal::RoleConflict { .. } => "role_conflict",
        RegistrationRefusal::Evicted => "evicted",
        RegistrationRefusal::Overloaded { .. } => "overloaded",
        RegistrationRefusal::Stopping => "stopping",
    }
}

fn heartbeat_word(refusal: HeartbeatRefusal) -> &'static str {
    match refusal {
        HeartbeatRefusal::UnknownInstance => "unknown_instance",
        HeartbeatRefusal::StaleIncarnation => "stale_incarnation",
        HeartbeatRefusal::WrongToken => "wrong_token",
        HeartbeatRefusal::Evicted => "evicted",
    }
}
