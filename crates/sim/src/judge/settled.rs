//! After each step of the switch: what must be true now.

use std::collections::BTreeSet;
use std::time::Duration;

use aegis_core::{InstanceView, Router};
use aegis_types::{Health, HealthReason};

use super::Judge;
use super::life::Name;
use crate::story::{CallNo, ProcId, Story};

impl Judge {
    /// What calls wait for.
    pub(crate) fn settled(&mut self) {
        self.ended_now.clear();
        let unanswered = std::mem::take(&mut self.must_be_answered);
        if let Some(no) = unanswered.into_iter().find(|no| self.open.contains(no)) {
            let text = format!("{no}: its result came, and its caller got nothing");
            self.accuse(text, Some(no), None);
        }
        if let Some((no, text)) = self.waiting_for_nobody() {
            self.accuse(format!("{no}: {text}"), Some(no), None);
        }
    }

    /// The next router begins anew.
    pub(super) fn forget_router(&mut self) {
        self.turns = super::Turns::default();
        self.budgets = super::Budgets::default();
        self.trust = super::TrustWatch::default();
        self.outliers = super::Outliers::default();
        self.holders = super::Holders::default();
    }

    /// What the router does over many steps. `now` is its own clock; `is_late`: it has deadlines that it was not told of yet.
    pub(crate) fn examine(&mut self, now: Duration, core: &Router, is_late: bool) {
        self.examine_turns(core);
        self.examine_trust(now, core, is_late);
        self.examine_outliers(now, core, is_late);
        self.examine_holders(core);
    }

    /// What the core lists, against the evidence. `is_late`: the switch has deadlines that it was
    /// not told of yet.
    pub(crate) fn compare_listing(
        &mut self,
        now: Duration,
        core: &Router,
        is_late: bool,
        story: &mut Story,
    ) {
        let mut listed = BTreeSet::new();
        for view in core.instances() {
            listed.extend(self.process_of(&view));
            self.note_listing(now, &view, story);
        }
        self.note_removals(now, &listed, story);
        let wrong = core
            .instances()
            .find_map(|view| self.wrong_with_listing(now, &view, is_late));
        if let Some((process, text)) = wrong {
            self.accuse(format!("{process}: {text}"), None, Some(process));
        }
    }

    /// For the story, and to learn of adoptions.
    fn note_listing(&mut self, now: Duration, view: &InstanceView<'_>, story: &mut Story) {
        let Some(process) = self.process_of(view) else {
            return;
        };
        let Some(life) = self.lives.get_mut(&process) else {
            return;
        };
        if !life.is_native && !life.is_registered && view.reason == HealthReason::Adopted {
            life.is_registered = true;
            life.registrations += 1;
        }
        let listed = Some((view.health, view.reason, view.routable));
        if life.listed != listed {
            life.listed = listed;
            self.met.count("health", view.reason.code());
            let word = if view.routable { "" } else { ", not routable" };
            let text = format!("listed as {} ({}){word}", view.health, view.reason);
            story.tell(now, Some(process), None, text);
        }
    }

    /// Who is not listed any more, without having left, must have been gone.
    fn note_removals(&mut self, now: Duration, listed: &BTreeSet<ProcId>, story: &mut Story) {
        let ttl = self.lease_ttl;
        let mut wrong = None;
        let asking = self.lives.values().filter(|life| life.is_asking);
        let names: Vec<_> = asking.map(|life| life.name.clone()).collect();
        let is_same = |one: &Name, other: &Name| one.service == other.service && one.id == other.id;
        for (process, life) in &mut self.lives {
            if !life.is_registered || listed.contains(process) {
                continue;
            }
            life.is_registered = false;
            // Its calls wait until the other one is welcome.
            life.is_making_room = names.iter().any(|name| is_same(name, &life.name));
            life.is_welcomed = false;
            story.tell(now, Some(*process), None, "is removed".to_owned());
            if !life.is_closed && now < life.last_heartbeat + ttl {
                wrong = Some(*process);
            }
        }
        if let Some(process) = wrong {
            let text = format!("{process} was removed, and it lives");
            self.accuse(text, None, Some(process));
        }
    }

    /// Every open call waits for somebody who may still answer.
    fn waiting_for_nobody(&self) -> Option<(CallNo, &'static str)> {
        self.open.iter().find_map(|no| {
            let call = self.call(*no)?;
            if call.attempts.iter().any(|attempt| !attempt.is_over) {
                return None;
            }
            Some((*no, "waits, and all its attempts are over"))
        })
    }

    fn wrong_with_listing(
        &self,
        now: Duration,
        view: &InstanceView<'_>,
        is_late: bool,
    ) -> Option<(ProcId, String)> {
        let process = self.process_of(view)?;
        let life = self.lives.get(&process)?;
        let reason = view.reason;
        let wrong = |text: String| Some((process, text));
        if view.routable {
            if view.native && !life.is_welcomed {
                return wrong("routable, and its inbox has answered no probe".to_owned());
            }
            if view.native && (life.is_closed || life.is_replaced) {
                return wrong("routable after its end was seen".to_owned());
            }
            let heard = life.last_frame.max(self.doubts.watched_since);
            if !is_late && !self.doubts.preserves && now >= heard + self.lease_ttl {
                return wrong("routable after the end of its lease".to_owned());
            }
            if !view.native && !self.has_legacy_inbox(&life.name.id) {
                return wrong("routable, and nobody subscribes to its inbox".to_owned());
            }
        }
        if view.health == Health::Unhealthy {
            let is_true = match reason {
                HealthReason::ConnectionClosed => life.is_closed,
                HealthReason::LeaseExpired => now >= life.last_heartbeat + self.lease_ttl,
                HealthReason::InboxGone => !view.native && !self.has_legacy_inbox(&life.name.id),
                HealthReason::SelfUnhealthy => life.said_unwell,
                _ => false,
            };
            if !is_true {
                return wrong(format!("unhealthy ({reason}), and that is not so"));
            }
        }
        None
    }

    /// Which process a listed life is: for a legacy one the last that registered under its id.
    pub(super) fn process_of(&self, view: &InstanceView<'_>) -> Option<ProcId> {
        if view.native {
            return self.by_incarnation.get(&view.incarnation).copied();
        }
        let mut same = self.lives.iter().rev();
        same.find(|(_, life)| {
            life.granted_at.is_some()
                && life.name.service == view.service.as_str()
                && life.name.id == view.id.as_str()
        })
        .map(|(process, _)| *process)
    }
}
