//! Whose connection is which, asked of the NATS server with the credentials of a system account, so
//! that the end of a connection is evidence within milliseconds. Without sockets and clock.
//!
//! For each instance the server is asked which connection subscribes to its inbox; when the server
//! says that a connection ended, everybody who lived on it is named. It is a help, never a
//! condition: events can be lost, so leases and 503 decide all the same.
//!
//! A server that crashes tells of no connection's end, and an instance whose lifeline stood elsewhere need
//! not register again. So now and then one of those that were found is asked for again; one that is
//! found elsewhere means that everybody on that server may have moved.
//!
//! An answer lists every subscription of the connection it names, so one question finds everybody who
//! lives there.

use std::collections::VecDeque;
use std::time::Duration;

use aegis_core::InstanceKey;
use aegis_types::Instant;
use rustc_hash::FxHashMap;

/// Questions that may be open at once.
const MAX_OPEN: usize = 4;

/// A server that has not answered in this time has nothing to say, or the question was lost.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// How often one of the places that are known is looked at again.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// A place that was not found is asked for again this often: interest spreads late in a cluster.
const MAX_TRIES: u32 = 5;

/// One connection: the server's id and its number there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) server: Box<str>,
    pub(super) connection: u64,
}

#[derive(Debug)]
struct Wanted {
    instance: InstanceKey,
    inbox: Box<str>,
    tries: u32,
}

/// A question that is open.
#[derive(Debug)]
struct Open {
    due: Instant,
    wanted: Wanted,
}

/// The machine.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// Those whose place is to be found, by inbox.
    sought: FxHashMap<Box<str>, InstanceKey>,
    queue: VecDeque<Wanted>,
    /// The oldest first: all wait equally long.
    open: VecDeque<Open>,
    places: FxHashMap<InstanceKey, (Place, Box<str>)>,
    residents: FxHashMap<Place, Vec<InstanceKey>>,
    check_at: Option<Instant>,
    /// Counts the checks, so that each place has its turn.
    checks: usize,
}

impl Witness {
    /// Find out where this instance lives, also if it was found before: it may have moved.
    pub(super) fn seek(&mut self, instance: InstanceKey, inbox: &str) {
        if self.sought.insert(inbox.into(), instance) == Some(instance) {
            return;
        }
        self.queue.push_back(Wanted {
            instance,
            inbox: inbox.into(),
            tries: 0,
        });
    }

    /// Nobody asks for it any more.
    pub(super) fn forget(&mut self, instance: InstanceKey) {
        self.leave(instance);
        self.sought.retain(|_, sought| *sought != instance);
    }

    /// The next question: which connections subscribe to this inbox?
    pub(super) fn take_question(&mut self, now: Instant) -> Option<Box<str>> {
        while self.open.len() < MAX_OPEN {
            let wanted = self.queue.pop_front()?;
            if self.sought.get(&wanted.inbox) != Some(&wanted.instance) {
                // Found with somebody else, or forgotten.
                continue;
            }
            let inbox = wanted.inbox.clone();
            self.open.push_back(Open {
                due: now + ANSWER_WITHIN,
                wanted,
            });
            return Some(inbox);
        }
        None
    }

    /// One server of perhaps many answered: this connection of its has these subscriptions.
    pub(super) fn on_found<'a>(
        &mut self,
        place: &Place,
        subscriptions: impl Iterator<Item = &'a str>,
    ) {
        for inbox in subscriptions {
            let Some((inbox, instance)) = self.sought.remove_entry(inbox) else {
                continue;
            };
            let left = self.leave(instance);
            if let Some(old) = left.filter(|old| old.server != place.server) {
                self.seek_all_on(&old.server);
            }
            self.residents
                .entry(place.clone())
                .or_default()
                .push(instance);
            self.places.insert(instance, (place.clone(), inbox));
        }
        let sought = &self.sought;
        self.open
            .retain(|open| sought.contains_key(&open.wanted.inbox));
    }

    /// A connection ended: who lived there.
    pub(super) fn on_disconnected(&mut self, place: &Place) -> Vec<InstanceKey> {
        let gone = self.residents.remove(place).unwrap_or_default();
        for instance in &gone {
            self.places.remove(instance);
        }
        gone
    }

    /// Its own connection was lost: what ended meanwhile was not heard of. Everybody is asked for anew.
    pub(super) fn on_lost(&mut self) {
        self.residents.clear();
        for open in self.open.drain(..) {
            self.queue.push_back(open.wanted);
        }
        for (instance, (_, inbox)) in std::mem::take(&mut self.places) {
            self.seek(instance, &inbox);
        }
    }

    /// Questions that were not answered are asked again, a few times.
    pub(super) fn on_timer(&mut self, now: Instant) {
        while let Some(open) = self.open.pop_front_if(|open| open.due <= now) {
            let mut wanted = open.wanted;
            wanted.tries += 1;
            if wanted.tries < MAX_TRIES {
                self.queue.push_back(wanted);
            } else {
                self.sought.remove(&wanted.inbox);
            }
        }
        self.check_one_if_due(now);
    }

    fn check_one_if_due(&mut self, now: Instant) {
        if self.places.is_empty() {
            self.check_at = None;
            return;
        }
        if *self.check_at.get_or_insert(now + CHECK_EVERY) > now {
            return;
        }
        self.check_at = Some(now + CHECK_EVERY);
        self.checks = self.checks.wrapping_add(1);
        let turn = self.checks % self.places.len();
        if let Some((instance, (_, inbox))) = self.places.iter().nth(turn) {
            let (instance, inbox) = (*instance, inbox.clone());
            self.seek(instance, &inbox);
        }
    }

    /// A server of which somebody moved away may be gone with everybody on it.
    fn seek_all_on(&mut self, server: &str) {
        let there = self
            .places
            .iter()
            .filter(|(_, (place, _))| *place.server == *server);
        let there: Vec<_> = there
            .map(|(instance, (_, inbox))| (*instance, inbox.clone()))
            .collect();
        for (instance, inbox) in there {
            self.seek(instance, &inbox);
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let asks = self.open.front().map(|open| open.due);
        asks.into_iter().chain(self.check_at).min()
    }

    /// Instances whose connection is known.
    pub(super) fn known(&self) -> usize {
        self.places.len()
    }

    /// Where it lived.
    fn leave(&mut self, instance: InstanceKey) -> Option<Place> {
        let (place, _) = self.places.remove(&instance)?;
        if let Some(residents) = self.residents.get_mut(&place) {
            residents.retain(|resident| *resident != instance);
            if residents.is_empty() {
                self.residents.remove(&place);
            }
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests;
