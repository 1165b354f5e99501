//! Whose turn is it? Round robin, counted from outside.

use std::collections::{BTreeMap, BTreeSet};

use aegis_core::Router;
use aegis_types::{Health, Instant};

use super::Judge;
use crate::story::ProcId;

/// A life as long as it is registered: one that left and came again stands at the end.
type Seat = (ProcId, Instant);

/// The instances of each service in the order of their turns. Who has left keeps its seat, so that
/// it stays known after whom the next one comes.
#[derive(Debug, Default)]
pub(super) struct Turns(BTreeMap<String, Ring>);

#[derive(Debug, Default)]
struct Ring {
    seats: Vec<Seat>,
    /// Those that a call must find, as of the end of the step before.
    ready: BTreeSet<Seat>,
    /// The seat that was picked last; none while that is not known.
    last: Option<usize>,
    /// Picked in this step, and whether everybody was free to be picked.
    picks: Vec<(ProcId, bool)>,
}

impl Turns {
    /// An attempt went to somebody. Only a first attempt that excludes nobody passes over no one.
    pub(super) fn picked(&mut self, service: &str, process: ProcId, is_free: bool) {
        let ring = self.0.entry(service.to_owned()).or_default();
        ring.picks.push((process, is_free));
    }
}

impl Ring {
    /// Who was ready before and after the one pick of this step, and passed over by it. Within a
    /// step the order of several picks is not known.
    fn passed_over(&mut self, ready: &BTreeSet<Seat>, present: &[Seat]) -> Option<ProcId> {
        let picks = std::mem::take(&mut self.picks);
        let [(picked, is_free)] = picks[..] else {
            if !picks.is_empty() {
                self.last = None;
            }
            return None;
        };
        // A dead legacy process may still subscribe to the inbox of the one that has its id now.
        let is_picked = |seat: &Seat| seat.0 == picked && present.contains(seat);
        let to = self.seats.iter().position(is_picked);
        let last = std::mem::replace(&mut self.last, to);
        let (from, to) = (last.filter(|_| is_free)?, to?);
        let count = self.seats.len();
        let between = (1..=count)
            .map(|step| (from + step) % count)
            .take_while(|at| *at != to)
            .filter_map(|at| self.seats.get(at));
        let mut skipped = between.filter(|seat| self.ready.contains(seat) && ready.contains(seat));
        skipped.next().map(|(process, _)| *process)
    }
}

impl Judge {
    /// At the end of each step.
    pub(super) fn examine_turns(&mut self, core: &Router) {
        let mut passed_over = None;
        for service in core.services() {
            let views = core
                .instances_of(service.name.as_str())
                .into_iter()
                .flatten();
            let mut ready = BTreeSet::new();
            let mut present = Vec::new();
            for view in views {
                let Some(process) = self.process_of(&view) else {
                    continue;
                };
                let seat = (process, view.registered_at);
                present.push(seat);
                let is_free = view.routable && view.in_flight < view.capacity;
                if is_free && view.health == Health::Healthy {
                    ready.insert(seat);
                }
            }
            let ring = self.turns.0.entry(service.name.to_string()).or_default();
            for seat in &present {
                if !ring.seats.contains(seat) {
                    ring.seats.push(*seat);
                }
            }
            passed_over = ring.passed_over(&ready, &present).or(passed_over);
            ring.ready = ready;
        }
        if let Some(process) = passed_over {
            let text = format!("{process} was passed over: it was its turn, and it was there");
            self.accuse(text, None, Some(process));
        }
    }
}
