use std::collections::BTreeMap;
use std::ops::Bound;

use aegis_plants::Plant;
use aegis_types::{InstanceId, MethodName, ServiceName};

use crate::delivery::RetryBudget;
use crate::health::Tally;
use crate::keys::{InstanceKey, MethodKey};
use crate::registry::{Hashing, NameMap, RecentTerms};

/// A service: its instances by id, and the ring in which they take turns.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: ServiceName,
    /// Its place in the table of metrics.
    pub(crate) slot: u16,
    pub(crate) by_id: NameMap<InstanceId, InstanceKey>,
    /// Turn numbers rise with each registration and are never used again.
    pub(crate) ring: BTreeMap<u64, InstanceKey>,
    next_turn: u64,
    /// The turn that was picked last.
    pub(crate) last_turn: u64,
    methods: NameMap<MethodName, MethodKey>,
    pub(crate) terms: RecentTerms,
    /// Its instances, by what they are good for.
    pub(crate) tally: Tally,
    /// Of its instances: ejected.
    pub(crate) ejected: usize,
    pub(crate) budget: RetryBudget,
    /// Calls in flight.
    pub(crate) in_flight: u32,
    /// Calls taken since start.
    pub(crate) calls: u64,
    /// Calls that ended without a result or a handler's answer.
    pub(crate) failed: u64,
    /// Attempts beyond the first of a call.
    pub(crate) rerouted: u64,
}

impl Service {
    pub(crate) fn new(name: ServiceName, slot: u16, hashing: Hashing) -> Service {
        Service {
            name,
            slot,
            by_id: NameMap::with_hasher(hashing.clone()),
            ring: BTreeMap::new(),
            next_turn: 1,
            last_turn: 0,
            methods: NameMap::with_hasher(hashing),
            terms: RecentTerms::default(),
            tally: Tally::default(),
            ejected: 0,
            budget: RetryBudget::default(),
            in_flight: 0,
            calls: 0,
            failed: 0,
            rerouted: 0,
        }
    }

    pub(crate) fn join(&mut self, id: InstanceId, key: InstanceKey) -> u64 {
        let turn = self.next_turn;
        self.next_turn += 1;
        self.by_id.insert(id, key);
        self.ring.insert(turn, key);
        turn
    }

    pub(crate) fn leave(&mut self, id: &InstanceId, key: InstanceKey, turn: u64) {
        self.ring.remove(&turn);
        if Plant::TurnLostOnRemoval.is_sown() {
            let skipped = self.turns().next().map(|(turn, _)| turn);
            self.last_turn = skipped.unwrap_or(0);
        }
        if self.by_id.get(id) == Some(&key) {
            self.by_id.remove(id);
        }
    }

    /// Everyone once, starting after the one picked last.
    pub(crate) fn turns(&self) -> impl Iterator<Item = (u64, InstanceKey)> {
        let after = (Bound::Excluded(self.last_turn), Bound::Unbounded);
        self.ring
            .range(after)
            .chain(self.ring.range(..=self.last_turn))
            .map(|(turn, key)| (*turn, *key))
    }

    pub(crate) fn method(&self, name: &str) -> Option<MethodKey> {
        self.methods.get(name).copied()
    }

    pub(crate) fn method_names(&self) -> impl Iterator<Item = (&MethodName, MethodKey)> {
        self.methods.iter().map(|(name, key)| (name, *key))
    }

    pub(crate) fn knows(&self, name: &MethodName) -> bool {
        self.methods.contains_key(name)
    }

    pub(crate) fn method_count(&self) -> usize {
        self.methods.len()
    }

    /// The key of a method, made if it is new.
    pub(crate) fn intern(&mut self, name: &MethodName) -> MethodKey {
        let next = MethodKey(self.methods.len() as u16);
        *self.methods.entry(name.clone()).or_insert(next)
    }
}
