//! Outliers: instances that send heartbeats and whose real calls go badly.
//!
//! Five failures in a row, or half of at least twenty calls in ten seconds, eject an instance for
//! 5 s, twice as long each time it happens again, at most 5 min. At most half of a service is
//! ejected: if everybody fails, the fault is elsewhere. A failure is an attempt that timed out, was
//! lost, reached nobody or ended in an error marked `retryable`; never an application error.
//!
//! Source of the rule: Envoy's outlier detection, with its defaults for consecutive failures and
//! base ejection time.

use std::time::Duration;

use aegis_plants::Plant;
use aegis_types::{AttemptEnd, HealthReason, Instant};

use crate::effect::Effect;
use crate::keys::InstanceKey;
use crate::router::Router;

const IN_A_ROW: u32 = 5;
const WINDOW: Duration = Duration::from_secs(10);
const AT_LEAST: u32 = 20;
const BASE: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(300);

/// How the real calls of one instance go. One that had none yet holds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outlier(Option<Box<Record>>);

/// Of one that had calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Record {
    in_a_row: u32,
    window_began: Instant,
    calls: u32,
    failures: u32,
    /// Ejected until then.
    ejected_until: Option<Instant>,
    /// How often it was ejected in a row; one that was well for [`LONGEST`] starts anew.
    ejections: u32,
    readmitted_at: Instant,
}

impl Outlier {
    pub(crate) fn is_ejected(&self) -> bool {
        self.due().is_some()
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        self.0.as_ref()?.ejected_until
    }

    /// Its record, made with its first call.
    fn record(&mut self) -> &mut Record {
        self.0.get_or_insert_default()
    }
}

impl Record {
    /// Takes down how an attempt ended. Says whether the instance should be ejected.
    fn note(&mut self, now: Instant, failed: bool) -> bool {
        if now.saturating_since(self.window_began) > WINDOW {
            (self.window_began, self.calls, self.failures) = (now, 0, 0);
        }
        self.calls += 1;
        self.failures += u32::from(failed);
        self.in_a_row = if failed { self.in_a_row + 1 } else { 0 };
        let often = self.calls >= AT_LEAST && self.failures * 2 >= self.calls;
        failed && self.ejected_until.is_none() && (self.in_a_row >= IN_A_ROW || often)
    }

    fn eject(&mut self, now: Instant) {
        if now.saturating_since(self.readmitted_at) > LONGEST {
            self.ejections = 0;
        }
        let mut span = BASE
            .saturating_mul(1 << self.ejections.min(16))
            .min(LONGEST);
        if Plant::EjectedForGood.is_sown() {
            span = Duration::from_secs(1_000_000);
        }
        self.ejections += 1;
        self.ejected_until = Some(now + span);
    }

    fn readmit(&mut self, now: Instant) {
        self.ejected_until = None;
        self.readmitted_at = now;
        (self.in_a_row, self.calls, self.failures) = (0, 0, 0);
    }
}

/// Whether an attempt that ended like this speaks against its instance; `None`: it says nothing of how
/// its calls go. That an instance cannot be reached ends many attempts at once and is one failure,
/// counted where it is found out: else every instance with work in flight would be ejected by one
/// reconnect.
pub(crate) fn speaks_against(end: AttemptEnd) -> Option<bool> {
    match end {
        AttemptEnd::DeadlinePassed | AttemptEnd::HandlerError { retryable: true } => Some(true),
        AttemptEnd::HandlerError { retryable: false } | AttemptEnd::InvalidReply => Some(false),
        AttemptEnd::NoResponders
        | AttemptEnd::ConnectionLost
        | AttemptEnd::InboxGone
        | AttemptEnd::Unsent
        | AttemptEnd::Refused
        | AttemptEnd::InstanceGone
        | AttemptEnd::BrokerLost
        | AttemptEnd::RouterStopped => None,
    }
}

impl Router {
    /// An attempt on it ended.
    pub(crate) fn note_outcome(
        &mut self,
        now: Instant,
        key: InstanceKey,
        failed: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        if instance.departed || !instance.outlier.record().note(now, failed) {
            return;
        }
        let service = instance.service;
        let ejected = self.registry.service(service).ejected;
        let counted = self.registry.service(service).tally.counted;
        if (ejected + 1) * 2 > counted && !Plant::WholeServiceEjected.is_sown() {
            return;
        }
        if let Some(instance) = self.registry.instance_mut(key) {
            instance.outlier.record().eject(now);
        }
        self.registry.service_mut(service).ejected += 1;
        self.tally(key);
        self.arm(key);
        self.announce_same(now, key, HealthReason::Ejected, effects);
    }

    /// Its time is over: let it show that it is better.
    pub(crate) fn readmit_if_due(
        &mut self,
        now: Instant,
        key: InstanceKey,
        effects: &mut Vec<Effect>,
    ) {
        let Some(instance) = self.registry.instance_mut(key) else {
            return;
        };
        if instance.outlier.due().is_none_or(|due| due > now) {
            return;
        }
        instance.outlier.record().readmit(now);
        let service = instance.service;
        self.registry.service_mut(service).ejected -= 1;
        self.tally(key);
        self.announce_same(now, key, HealthReason::Readmitted, effects);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_origin(Duration::from_secs(seconds))
    }

    #[test]
    fn five_in_a_row_or_half_of_twenty() {
        let mut outlier = Record::default();
        let failures: Vec<bool> = (0..5).map(|_| outlier.note(at(0), true)).collect();
        assert_eq!(failures, [false, false, false, false, true]);
        let mut outlier = Record::default();
        let half: Vec<bool> = (0..20).map(|n| outlier.note(at(0), n % 2 == 1)).collect();
        assert_eq!(half.iter().position(|eject| *eject), Some(19));
        let mut outlier = Record::default();
        assert!(
            !(0..100).any(|n| outlier.note(at(n), n % 2 == 1)),
            "too few in any window"
        );
    }

    #[test]
    fn each_time_longer_up_to_a_limit_and_anew_after_a_good_while() {
        let mut outlier = Record::default();
        let mut now = at(1_000);
        let mut spans = Vec::new();
        for _ in 0..8 {
            outlier.eject(now);
            let until = outlier.ejected_until.unwrap();
            spans.push(until.saturating_since(now).as_secs());
            outlier.readmit(until);
            now = until;
        }
        assert_eq!(spans, [5, 10, 20, 40, 80, 160, 300, 300]);
        outlier.eject(now + LONGEST + BASE);
        assert_eq!(outlier.ejected_until, Some(now + LONGEST + BASE + BASE));
    }
}
