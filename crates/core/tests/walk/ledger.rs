//! The judge. It believes only what was asked for and what was fed to the machine.

use std::collections::{BTreeMap, HashMap};

use aegis_core::{AttemptReport, CallId, CallerKind, ConnectionId, InstanceKey};
use aegis_types::{AttemptEnd, Incarnation, Instant, Outcome, RetryWish, Safety};

/// What is known about one sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Open,
    NotRun,
    Ran,
}

#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) to: InstanceKey,
    pub(crate) id: String,
    pub(crate) incarnation: Incarnation,
    pub(crate) safety: Safety,
    pub(crate) proof: Proof,
    /// It was open when the router had a NATS server again: it may go to the same life once more.
    pub(crate) lost_with_broker: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    pub(crate) wish: RetryWish,
    pub(crate) max: u8,
    pub(crate) deadline: Instant,
    pub(crate) excluded: Vec<&'static str>,
    pub(crate) caller: CallerKind,
    pub(crate) from: Option<ConnectionId>,
    pub(crate) sent: Vec<Sent>,
    pub(crate) kept: bool,
    pub(crate) answered: bool,
}

impl Asked {
    /// What is said about each attempt must agree with what is known about it. An attempt that
    /// was given up with its instance stays unknown, even if word comes later that it did not run.
    pub(crate) fn judge_reports(&self, reports: &[AttemptReport]) {
        assert_eq!(reports.len(), self.sent.len(), "every attempt is reported");
        for (report, sent) in reports.iter().zip(&self.sent) {
            let given_up = matches!(
                report.end,
                AttemptEnd::ConnectionLost
                    | AttemptEnd::InboxGone
                    | AttemptEnd::InstanceGone
                    | AttemptEnd::BrokerLost
                    | AttemptEnd::RouterStopped
            );
            let agrees = match sent.proof {
                Proof::NotRun => report.end.outcome() == Outcome::NotRun || given_up,
                Proof::Ran => report.end.outcome() != Outcome::NotRun,
                Proof::Open => report.end.outcome() == Outcome::Unknown,
            };
            assert!(agrees, "{report:?} against {sent:?}");
        }
    }
}

/// One life, as admitted.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    pub(crate) service: &'static str,
    pub(crate) id: &'static str,
    pub(crate) legacy: bool,
    /// None until it is told.
    pub(crate) token: Option<u64>,
    pub(crate) incarnation: Incarnation,
    pub(crate) menu: Vec<(&'static str, Safety)>,
    pub(crate) lease: Instant,
    /// Its inbox answered; a legacy one is not asked.
    pub(crate) welcomed: bool,
    /// Since when its registration waits for an answer.
    pub(crate) held: Option<Instant>,
    /// The connection it registered on; closed or not, its heartbeats name it.
    pub(crate) on: Option<ConnectionId>,
}

impl Admitted {
    fn offers(&self, method: &str) -> bool {
        self.legacy || self.menu.iter().any(|(name, _)| *name == method)
    }

    fn safety(&self, asked: &Asked) -> Safety {
        let declared = self.menu.iter().find(|(name, _)| *name == asked.method);
        match (asked.caller, declared) {
            (CallerKind::Native, Some((_, safety))) => *safety,
            _ => Safety::AtMostOnce,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) open: BTreeMap<CallId, Asked>,
    pub(crate) lives: HashMap<InstanceKey, Admitted>,
    pub(crate) present: HashMap<(&'static str, &'static str), InstanceKey>,
    /// Who was last admitted as active, by resource.
    pub(crate) claims: HashMap<&'static str, InstanceKey>,
}

impl Ledger {
    pub(crate) fn one(&mut self, call: CallId) -> &mut Asked {
        self.open
            .get_mut(&call)
            .unwrap_or_else(|| panic!("an effect for {call:?}, which is over"))
    }

    /// The one answer.
    pub(crate) fn answer(&mut self, call: CallId) -> &Asked {
        let asked = self.one(call);
        assert!(!asked.answered, "{call:?}: answered twice");
        asked.answered = true;
        asked
    }

    /// The first word about an attempt counts.
    pub(crate) fn prove(&mut self, call: CallId, attempt: u32, proof: Proof) {
        let sent = self
            .open
            .get_mut(&call)
            .and_then(|asked| asked.sent.get_mut((attempt as usize).checked_sub(1)?));
        if let Some(sent) = sent.filter(|sent| sent.proof == Proof::Open) {
            sent.proof = proof;
        }
    }

    /// Writes a send down, if it may be.
    /// Whatever is open may be lost.
    pub(crate) fn lose_what_is_open(&mut self) {
        let sent = self.open.values_mut().flat_map(|asked| &mut asked.sent);
        for sent in sent.filter(|sent| sent.proof == Proof::Open) {
            sent.lost_with_broker = true;
        }
    }

    pub(crate) fn send(&mut self, call: CallId, attempt: u32, to: InstanceKey) {
        let life = self.lives.get(&to).expect("sent to nobody").clone();
        let asked = self.one(call);
        assert!(!asked.answered, "{call:?}: sent after its answer");
        assert_eq!(
            attempt as usize,
            asked.sent.len() + 1,
            "{call:?}: attempts count on"
        );
        assert_eq!(life.service, asked.service, "{call:?}: another service");
        assert!(life.welcomed, "{call:?}: {} is joining", life.id);
        assert!(life.offers(asked.method), "{call:?}: method not offered");
        assert!(
            !asked.excluded.contains(&life.id),
            "{call:?}: {} is excluded",
            life.id
        );
        let safety = life.safety(asked);
        let vouched = asked.wish == RetryWish::Unknown && asked.caller == CallerKind::Native;
        for earlier in &asked.sent {
            assert!(
                (&*earlier.id, earlier.incarnation) != (life.id, life.incarnation)
                    || earlier.lost_with_broker,
                "{call:?}: {} tried twice",
                life.id
            );
            let strict = [earlier.safety, safety].contains(&Safety::AtMostOnce) && !vouched;
            assert!(
                !strict || earlier.proof == Proof::NotRun,
                "{call:?}: at_most_once may have run on {} and is sent to {}",
                earlier.id,
                life.id
            );
        }
        asked.sent.push(Sent {
            to,
            id: life.id.to_owned(),
            incarnation: life.incarnation,
            safety,
            proof: Proof::Open,
            lost_with_broker: false,
        });
        let ran = asked
            .sent
            .iter()
            .filter(|sent| sent.proof != Proof::NotRun)
            .count();
        assert!(
            ran <= usize::from(asked.max.max(1)),
            "{call:?}: may have run {ran} times, at most {}",
            asked.max
        );
    }
}
