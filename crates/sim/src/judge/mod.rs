//! The judge: a ledger that the product cannot see, and the promises checked against it.
//!
//! It knows what crossed the switch's sockets, in both directions and at which instant, what was
//! closed by whom, and what handlers did. From that alone it follows who lives, which attempts are
//! out, and which answers are true. It asks the core only for its listing, to compare.

mod acts;
mod answers;
mod budgets;
mod call;
mod doubts;
mod heard;
mod holders;
mod ledger;
mod life;
mod outliers;
mod said;
mod settled;
mod trust;
mod turns;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use aegis_types::Incarnation;
use aegis_wire::Subjects;

pub(crate) use acts::{ActEnd, ActMade};
pub(crate) use call::CallMade;
pub(crate) use ledger::RunEnd;
pub(crate) use life::Name;

use self::acts::Act;
use self::budgets::Budgets;
use self::call::Call;
use self::doubts::Doubts;
use self::holders::Holders;
use self::ledger::Run;
use self::life::Life;
use self::outliers::Outliers;
use self::trust::TrustWatch;
use self::turns::Turns;
use crate::coverage::Coverage;
use crate::net::LinkId;
use crate::story::{CallNo, ProcId};

/// A promise that was not kept.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) text: String,
    pub(crate) call: Option<CallNo>,
    pub(crate) process: Option<ProcId>,
}

/// What is wrong with an answer, and whose story shows it, if not the caller's.
struct Wrong {
    text: String,
    process: Option<ProcId>,
}

impl Wrong {
    fn new(text: impl Into<String>) -> Wrong {
        Wrong {
            text: text.into(),
            process: None,
        }
    }
}

/// What came of all calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) answered: u32,
    pub(crate) succeeded: u32,
    pub(crate) unknown: u32,
    pub(crate) rerouted: u32,
    pub(crate) abandoned: u32,
    /// Acts of the SDK that ended.
    pub(crate) acts: u32,
    /// Of these, with a result.
    pub(crate) acts_succeeded: u32,
    /// Acts of the SDK that had to succeed, and did.
    pub(crate) quiet: u32,
}

pub(crate) struct Judge {
    lease_ttl: Duration,
    subjects: Subjects,
    acts: Vec<Act>,
    calls: Vec<Call>,
    /// Calls that reached the switch and wait for their answer.
    open: BTreeSet<CallNo>,
    runs: Vec<Run>,
    lives: BTreeMap<ProcId, Life>,
    /// Native lives by their incarnation, which no two share. Only looked up, never walked.
    by_incarnation: HashMap<Incarnation, ProcId>,
    /// Connections that subscribe to a legacy inbox, by instance id.
    legacy_inboxes: BTreeMap<String, Vec<LinkId>>,
    /// Which attempt a response subject belongs to. Only looked up, never walked.
    attempts: HashMap<String, (CallNo, usize)>,
    /// Calls whose successful reply came in this step: they must be answered in it.
    must_be_answered: Vec<CallNo>,
    /// Calls that were answered in this step, or whose caller was cut in it: within one step the
    /// order in which things were written to different connections is not known.
    ended_now: Vec<CallNo>,
    /// Services of which an instance was ever registered.
    ever_granted: BTreeSet<String>,
    /// What the router says of itself, and what it keeps calls from.
    doubts: Doubts,
    turns: Turns,
    budgets: Budgets,
    trust: TrustWatch,
    outliers: Outliers,
    holders: Holders,
    tally: Tally,
    violation: Option<Violation>,
    /// What it has seen at least once.
    pub(crate) met: Coverage,
}

impl Judge {
    pub(crate) fn new(lease_ttl: Duration) -> Judge {
        Judge {
            lease_ttl,
            subjects: Subjects::default(),
            acts: Vec::new(),
            calls: Vec::new(),
            open: BTreeSet::new(),
            runs: Vec::new(),
            lives: BTreeMap::new(),
            by_incarnation: HashMap::new(),
            legacy_inboxes: BTreeMap::new(),
            attempts: HashMap::new(),
            must_be_answered: Vec::new(),
            ended_now: Vec::new(),
            ever_granted: BTreeSet::new(),
            doubts: Doubts::default(),
            turns: Turns::default(),
            budgets: Budgets::default(),
            trust: TrustWatch::default(),
            outliers: Outliers::default(),
            holders: Holders::default(),
            tally: Tally::default(),
            violation: None,
            met: Coverage::default(),
        }
    }

    /// The first accusation counts: the rest often follows from it.
    pub(crate) fn accuse(&mut self, text: String, call: Option<CallNo>, process: Option<ProcId>) {
        if self.violation.is_none() {
            self.violation = Some(Violation {
                text,
                call,
                process,
            });
        }
    }

    pub(crate) fn violation(&self) -> Option<&Violation> {
        self.violation.as_ref()
    }

    pub(crate) fn tally(&self) -> Tally {
        self.tally
    }

    pub(crate) fn call_made(&mut self, made: CallMade) -> CallNo {
        let no = CallNo(self.calls.len() as u32);
        if let Some(act) = self.acts.get_mut(made.act.0 as usize) {
            act.sends.push(no);
        }
        self.calls.push(Call::new(made));
        no
    }

    /// A process starts as a life of an instance.
    pub(crate) fn life_begins(&mut self, process: ProcId, name: Name, is_native: bool) {
        if is_native {
            self.by_incarnation.insert(name.incarnation, process);
        }
        self.lives.insert(process, Life::new(name, is_native));
    }

    /// Whether the SDK decides which requests start in this process, and knows the router's clock.
    pub(crate) fn admits(&mut self, process: ProcId, admits: bool) {
        if let Some(life) = self.lives.get_mut(&process) {
            life.admits = admits;
        }
    }

    pub(crate) fn name_of(&self, process: ProcId) -> Option<&Name> {
        self.lives.get(&process).map(|life| &life.name)
    }

    /// Ids of all instances of a service that ever started.
    pub(crate) fn ids_of(&self, service: &str) -> Vec<String> {
        let names = self.lives.values().map(|life| &life.name);
        let of_service = names.filter(|name| name.service == service);
        of_service.map(|name| name.id.clone()).collect()
    }

    fn call(&self, no: CallNo) -> Option<&Call> {
        self.calls.get(no.0 as usize)
    }

    fn call_mut(&mut self, no: CallNo) -> Option<&mut Call> {
        self.calls.get_mut(no.0 as usize)
    }

    /// Whether a call may go on after an attempt on this life that may have run.
    fn is_repeatable(&self, call: &Call, life: ProcId) -> bool {
        let is_native = self.lives.get(&life).is_some_and(|life| life.is_native);
        call.made.is_repeatable(is_native)
    }

    /// When a call's time is over, by the true clock.
    pub(crate) fn ends_by(&mut self, no: CallNo, at: Duration) {
        if let Some(call) = self.call_mut(no) {
            call.ends_by = Some(at);
        }
    }

    /// A call's time is over.
    pub(crate) fn due(&mut self, no: CallNo) {
        if self.open.contains(&no) {
            self.accuse(
                format!("{no}: lost, no answer by its deadline"),
                Some(no),
                None,
            );
        }
    }

    pub(crate) fn nobody_waits(&self) -> bool {
        self.open.is_empty() && !self.acts.iter().any(Act::is_awaited)
    }

    /// The end of the run: nobody may still wait.
    pub(crate) fn ended(&mut self) {
        if let Some(no) = self.open.first().copied() {
            self.accuse(format!("{no}: never answered"), Some(no), None);
        }
        self.accuse_lost_act();
    }
}
