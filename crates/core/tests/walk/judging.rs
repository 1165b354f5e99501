//! What the machine wants done, in front of the judge.

use std::time::Duration;

use aegis_core::{AttemptNo, CallFailureKind, CallId, Effect, InstanceKey, ReplyKind, TrustState};
use aegis_types::{Health, HealthReason, Instant, Lifecycle, Outcome};

use super::walker::{Told, Walk};

/// A registration waits no longer for the welcome of its instance.
const LONGEST_HOLD: Duration = Duration::from_millis(500);

impl Walk {
    pub(super) fn judge(&mut self, effects: Vec<Effect>, told: Told) {
        self.tally.events += 1;
        let known = self.ledger.open.len() + self.ledger.lives.len();
        assert!(
            effects.len() <= 4 + 8 * known,
            "{} effects with {known} calls and instances",
            effects.len()
        );
        for effect in effects {
            self.judge_one(effect, told);
        }
        self.router.check_invariants();
        self.judge_standing();
    }

    fn judge_one(&mut self, effect: Effect, told: Told) {
        match effect {
            Effect::HoldRegistration { .. } => {
                assert!(matches!(told, Told::Registered), "held without asking");
            }
            Effect::AdmitRegistration {
                instance,
                lease_token,
                joining,
                ..
            } => {
                let life = self.ledger.lives.get_mut(&instance).expect("a life");
                let waits = life.held.take().is_some();
                assert!(
                    waits || matches!(told, Told::Registered),
                    "admitted without asking"
                );
                assert_eq!(joining, !life.welcomed, "{}: as what", life.id);
                life.token = Some(lease_token);
                self.tally.admitted += 1;
                self.tally.unwelcomed += u64::from(joining);
            }
            Effect::ConfirmHeartbeat { lease_ttl, .. } => {
                let Told::HeardOf(Some(key)) = told else {
                    panic!("confirmed a heartbeat that shows nothing");
                };
                let life = self.ledger.lives.get_mut(&key).expect("a life");
                life.lease = self.now + lease_ttl;
            }
            Effect::Send {
                call,
                attempt,
                instance,
                deadline,
            } => self.judge_send(call, attempt, instance, deadline),
            Effect::PassReply {
                call,
                attempt,
                instance,
            } => {
                assert!(
                    matches!(told, Told::Replied(of, no, ReplyKind::Success) if of == call && no == attempt.0),
                    "{call:?}: passed a reply that did not come"
                );
                let asked = self.ledger.answer(call);
                let index = attempt.0 as usize - 1;
                assert_eq!(asked.sent[index].id, instance.as_str(), "{call:?}: by whom");
                self.tally.late_successes += u64::from(index + 1 < asked.sent.len());
                self.tally.results += 1;
            }
            Effect::PassError { call, attempts } => {
                assert!(
                    matches!(told, Told::Replied(of, _, ReplyKind::HandlerError { .. }) if of == call),
                    "{call:?}: passed an error that did not come"
                );
                let asked = self.ledger.answer(call);
                asked.judge_reports(&attempts);
                self.tally.errors += 1;
            }
            Effect::KeepError { call } => {
                assert!(
                    matches!(told, Told::Replied(of, _, ReplyKind::HandlerError { .. }) if of == call),
                    "{call:?}: kept an error that did not come"
                );
                self.ledger.one(call).kept = true;
            }
            Effect::PassKeptError { call, attempts } => {
                let asked = self.ledger.answer(call);
                assert!(asked.kept, "{call:?}: nothing was kept");
                asked.judge_reports(&attempts);
                self.tally.kept_errors += 1;
            }
            Effect::Fail { call, failure } => {
                let asked = self.ledger.answer(call);
                asked.judge_reports(&failure.attempts);
                let ended = |outcome| {
                    failure
                        .attempts
                        .iter()
                        .any(|attempt| attempt.end.outcome() == outcome)
                };
                let truthful = match failure.kind.outcome() {
                    Outcome::NotRun => !ended(Outcome::Unknown) && !ended(Outcome::Ran),
                    Outcome::Unknown => ended(Outcome::Unknown),
                    Outcome::Ran => ended(Outcome::Ran),
                };
                assert!(truthful, "{call:?}: {failure:?}");
                self.tally.failed += 1;
                self.tally.unknown += u64::from(matches!(
                    failure.kind,
                    CallFailureKind::OutcomeUnknown { .. }
                ));
            }
            Effect::Forget(call) => self.judge_forget(call, told),
            Effect::Probe { instance } => {
                let life = self.ledger.lives.get(&instance).expect("probed nobody");
                assert!(!life.legacy, "a legacy instance is never sent a probe");
                self.tally.probes += 1;
            }
            Effect::Announce(change) => {
                if change.to.is_some() && change.reason == Some(HealthReason::LeaseExpired) {
                    self.judge_expiry(change.service.as_str(), change.instance.as_str());
                }
                let closed = change.reason == Some(HealthReason::ConnectionClosed);
                self.tally.closed += u64::from(closed && change.to.is_some());
                self.tally.ejected += u64::from(change.reason == Some(HealthReason::Ejected));
            }
            Effect::AnnounceTrust(change) => {
                if change.to == TrustState::Warming {
                    self.watched = self.now;
                }
                if change.from == TrustState::Preserving {
                    self.let_go = self.now;
                }
                self.tally.preserved += u64::from(change.to == TrustState::Preserving);
            }
            Effect::Remove { instance } => {
                let life = self.ledger.lives.remove(&instance).expect("removed twice");
                let present = self.ledger.present.get(&(life.service, life.id));
                if present == Some(&instance) {
                    self.ledger.present.remove(&(life.service, life.id));
                } else {
                    self.tally.replaced += 1;
                }
                self.tally.removed += 1;
            }
            Effect::ConfirmDeregistration { known } => assert!(
                !known || matches!(told, Told::Dismissed(Some(_))),
                "dismissed by somebody else"
            ),
            Effect::Adopt { .. }
            | Effect::AnswerOperator(_)
            | Effect::RefuseHeldRegistration { .. } => panic!("not asked for"),
            Effect::RefuseRegistration(_)
            | Effect::RefuseDeregistration(_)
            | Effect::RefuseHeartbeat(_)
            | Effect::ReportBeats { .. } => {}
        }
    }

    fn judge_send(&mut self, call: CallId, attempt: AttemptNo, to: InstanceKey, deadline: Instant) {
        let view = self.router.instance(to).expect("sent to somebody known");
        assert!(
            // It may have been ejected later in this same event.
            (view.routable || view.ejected_until.is_some()) && view.health != Health::Unhealthy,
            "{call:?}: sent to {} which is {} ({})",
            view.id,
            view.health,
            view.reason
        );
        self.ledger.send(call, attempt.0, to);
        let asked = self.ledger.one(call);
        assert_eq!(deadline, asked.deadline, "{call:?}: deadline of the send");
        assert!(
            !self.punctual || self.now < deadline,
            "{call:?}: sent too late"
        );
        self.tally.sent += 1;
        self.tally.sent_again += u64::from(attempt.0 > 1);
    }

    fn judge_forget(&mut self, call: CallId, told: Told) {
        let asked = self.ledger.open.remove(&call).expect("forgotten twice");
        if !asked.answered {
            assert!(
                matches!(told, Told::Closed(closed) if asked.from == Some(closed)),
                "{call:?}: forgotten without an answer"
            );
            self.tally.abandoned += 1;
        }
        self.slots.remove(call.slot());
        self.over.push(call);
        if self.over.len() > 20 {
            self.over.remove(0);
        }
    }

    fn judge_expiry(&mut self, service: &str, id: &str) {
        let key = self
            .router
            .find_instance(service, id)
            .expect("expired and present");
        assert!(
            !self.deaf && !self.fenced,
            "{id}: expired by a router that hears nobody"
        );
        let lease = self.lease_end(key);
        assert!(lease <= self.now, "{id}: its lease lasts until {lease}");
        let expected = if lease <= self.let_go {
            self.let_go
        } else {
            lease
        };
        assert!(
            !self.punctual || expected == self.now,
            "{id}: its lease ended at {lease}, let go at {}",
            self.let_go
        );
        self.tally.expired += 1;
    }

    /// Silence counts only while the router watched.
    fn lease_end(&self, key: InstanceKey) -> Instant {
        let view = self.router.instance(key).expect("known");
        let life = self.ledger.lives.get(&key).expect("a life");
        life.lease.max(self.watched + view.lease_ttl)
    }

    /// What must be true between two events.
    fn judge_standing(&self) {
        for (call, asked) in &self.ledger.open {
            assert!(!asked.answered, "{call:?}: answered and not forgotten");
            assert!(
                !self.punctual || asked.deadline > self.now,
                "{call:?}: outlives its deadline"
            );
        }
        assert_eq!(self.router.calls_in_flight(), self.ledger.open.len());
        for view in self.router.instances() {
            let name = (view.service.as_str(), view.id.as_str());
            let key = self.router.find_instance(name.0, name.1).expect("listed");
            let life = self.ledger.lives.get(&key).expect("listed and admitted");
            assert_eq!(life.incarnation, view.incarnation, "{name:?}: which life");
            let waits = life.held.map(|since| since + LONGEST_HOLD);
            assert!(
                !self.punctual || waits.is_none_or(|until| until >= self.now),
                "{name:?}: its registration has waited too long"
            );
            assert!(
                !self.punctual
                    || self.deaf
                    || self.fenced
                    || view.health == Health::Unhealthy
                    || self.router.trust().0 == TrustState::Preserving
                    // The timer comes next, and with it the end of what was preserved.
                    || self.let_go == self.now
                    || self.lease_end(key) > self.now,
                "{name:?}: {} though its lease ended at {}",
                view.health,
                self.lease_end(key)
            );
            assert!(
                !view.routable || view.lifecycle == Lifecycle::Serving,
                "{name:?}: draining and routable"
            );
        }
    }
}
