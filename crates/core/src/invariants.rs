//! What always holds between two events. Checked after every event in tests and in the simulator.
//!
//! 1. Lookup, ring and record of an instance agree; who has departed is in neither lookup nor ring.
//! 2. Every present instance has exactly one entry in the deadlines, not later than it is due;
//!    every entry belongs to a present instance.
//! 3. An instance's health is what its evidence adds up to, and whether calls go to it was announced.
//! 4. An instance's `in_flight` is the number of open attempts on it; one that has departed has
//!    at least one.
//! 5. Every call has exactly one entry in the deadlines, at its `armed`; every entry belongs to a
//!    call; every call has an open attempt.
//! 6. No call has two attempts on one life, unless the router's own connection ended under the first.
//!    Nothing follows an `at_most_once` attempt that may
//!    have run, and no `at_most_once` attempt follows one that may have, unless the caller vouched
//!    for repeating it.
//! 7. No more attempts may have run than the call allows.
//! 8. Connections vouch for exactly the instances that name them; callers' counts are right.
//! 9. Every limit is kept.
//! 10. Tallies count every instance as what it is.
//! 11. Who is joining has a welcome to come, and no attempt.
//! 12. A resource has at most one active, who is present; only the present have a part.

#![expect(clippy::expect_used, reason = "a broken invariant must stop the run")]

use std::collections::HashMap;

use aegis_types::{AttemptEnd, Outcome, RetryWish, Safety};

use crate::delivery::AttemptState;
use crate::health::{Tallied, Tally, tallied};
use crate::keys::{ConnectionId, InstanceKey};
use crate::router::Router;

impl Router {
    /// Panics with a sentence if an invariant does not hold. For tests and the simulator: it
    /// walks everything.
    pub fn check_invariants(&self) {
        self.check_registry();
        self.check_calls();
        self.check_connections();
        self.check_roles();
        assert!(
            self.registry.service_count() <= self.config.max_services,
            "too many services"
        );
        assert!(
            self.registry.instance_count() <= self.config.max_instances,
            "too many instances"
        );
        assert!(
            self.calls.len() <= self.config.max_calls_in_flight,
            "too many calls in flight"
        );
    }

    fn check_registry(&self) {
        let mut open: HashMap<InstanceKey, u32> = HashMap::new();
        for (_, call) in self.calls.iter() {
            for attempt in call.attempts.iter().filter(|attempt| attempt.is_open()) {
                *open.entry(attempt.instance).or_default() += 1;
            }
        }
        let mut present = 0;
        for (key, instance) in self.registry.instances() {
            let service = self.registry.service(instance.service);
            let in_lookup = service.by_id.get(&instance.id) == Some(&key);
            let in_ring = service.ring.get(&instance.turn) == Some(&key);
            assert_eq!(in_ring, !instance.departed, "{key:?}: ring");
            assert_eq!(in_lookup, !instance.departed, "{key:?}: lookup");
            assert_eq!(
                instance.in_flight,
                open.remove(&key).unwrap_or(0),
                "{key:?}: in flight against open attempts"
            );
            let listed = self.registry.departed.contains(&key);
            assert_eq!(listed, instance.departed, "{key:?}: departed");
            if instance.departed {
                assert!(
                    instance.in_flight > 0,
                    "{key:?}: departed, idle, and still here"
                );
                assert_eq!(instance.armed, None, "{key:?}: departed and armed");
                continue;
            }
            present += 1;
            let armed = instance.armed.expect("a present instance is armed");
            let is_preserved = self.deadlines.preserved.contains(&(armed, key));
            assert_ne!(
                self.deadlines.instances.contains(&(armed, key)),
                is_preserved,
                "{key:?}: entry missing, or two"
            );
            // Who was preserved is due once the router trusts itself again, whatever its entry says.
            let let_go = self.let_go_at().filter(|_| is_preserved);
            let looked_at = let_go.map_or(armed, |let_go| let_go.min(armed));
            assert!(
                looked_at <= self.due_at(instance).max(let_go.unwrap_or_default()),
                "{key:?}: armed too late"
            );
            self.check_health(key);
            self.check_welcome(key);
        }
        self.check_tallies();
        assert!(
            open.is_empty(),
            "open attempts on instances that are gone: {open:?}"
        );
        assert_eq!(
            self.deadlines.instances.len() + self.deadlines.preserved.len(),
            present,
            "deadlines of nobody"
        );
        let rings: usize = self
            .registry
            .services()
            .map(|service| service.ring.len())
            .sum();
        let ids: usize = self
            .registry
            .services()
            .map(|service| service.by_id.len())
            .sum();
        assert_eq!(
            (rings, ids),
            (present, present),
            "rings and lookups hold nobody else"
        );
    }

    fn check_tallies(&self) {
        let mut all = Tally::default();
        let mut services: HashMap<_, Tally> = HashMap::new();
        for (key, instance) in self.registry.instances() {
            let now = tallied(instance);
            assert_eq!(instance.tallied, now, "{key:?}: tallied");
            all.change(Tallied::default(), now);
            let service = services.entry(instance.service).or_default();
            service.change(Tallied::default(), now);
        }
        assert_eq!(self.tally, all, "tally of the router");
        let shown = self.service_numbers().into_iter();
        let shown = shown.flat_map(|service| service.metrics.instances.concat());
        let present = self.registry.instances().filter(|(_, one)| !one.departed);
        assert_eq!(
            shown.sum::<u32>() as usize,
            present.count(),
            "instances shown"
        );
        for service in self.registry.services() {
            let ejected = service.ring.values().filter(|key| {
                self.registry
                    .instance(**key)
                    .is_some_and(|instance| instance.outlier.is_ejected())
            });
            assert_eq!(
                ejected.count(),
                service.ejected,
                "{}: ejected",
                service.name
            );
        }
        for (key, tally) in services {
            assert_eq!(self.registry.service(key).tally, tally, "{key:?}: tally");
        }
    }

    fn check_calls(&self) {
        for (id, call) in self.calls.iter() {
            assert!(
                self.deadlines.calls.contains(&(call.armed, id)),
                "{id:?}: entry missing"
            );
            assert!(call.has_open(), "{id:?}: open call without an open attempt");
            let ran = call.may_have_run();
            assert!(
                ran <= usize::from(call.max_instances),
                "{id:?}: may have run too often"
            );
            let repeatable = call.wish == RetryWish::Unknown;
            for followed in call.attempts.iter().rev().skip(1) {
                let strict = followed.safety == Safety::AtMostOnce && !repeatable;
                assert!(
                    !strict || followed.outcome() == Outcome::NotRun,
                    "{id:?}: sent again after an attempt that must not be repeated"
                );
            }
            for (index, attempt) in call.attempts.iter().enumerate() {
                let earlier = &call.attempts[..index];
                let strict = attempt.safety == Safety::AtMostOnce && !repeatable;
                assert!(
                    !strict
                        || earlier
                            .iter()
                            .all(|other| other.outcome() == Outcome::NotRun),
                    "{id:?}: sent to an instance that must not repeat it"
                );
                assert!(
                    earlier.iter().all(|other| {
                        (&other.id, other.incarnation) != (&attempt.id, attempt.incarnation)
                            || matches!(
                                other.state,
                                AttemptState::Ended(AttemptEnd::BrokerLost | AttemptEnd::Unsent)
                            )
                    }),
                    "{id:?}: two attempts on one life"
                );
            }
        }
        assert_eq!(
            self.deadlines.calls.len(),
            self.calls.len(),
            "deadlines of no call"
        );
        for service in self.registry.services() {
            let in_flight = self
                .calls
                .iter()
                .filter(|(_, call)| self.registry.service(call.service).name == service.name)
                .count();
            assert_eq!(
                service.in_flight as usize, in_flight,
                "{}: in flight",
                service.name
            );
        }
    }

    fn check_connections(&self) {
        let vouched: usize = self.registry.vouched.values().map(|keys| keys.len()).sum();
        let named = self
            .registry
            .instances()
            .filter(|(_, instance)| instance.connection.is_some())
            .count();
        assert_eq!(
            vouched, named,
            "connections vouch for exactly those that name them"
        );
        for (connection, keys) in &self.registry.vouched {
            for (place, key) in keys.iter().enumerate() {
                let instance = self.registry.instance(*key).expect("vouched for and known");
                assert_eq!(instance.vouched_at as usize, place, "{key:?}: place");
                assert_eq!(
                    instance.connection,
                    Some(*connection),
                    "{key:?}: another connection"
                );
            }
        }
        let mut callers: HashMap<ConnectionId, u32> = HashMap::new();
        for (_, call) in self.calls.iter() {
            if let Some(connection) = call.connection {
                *callers.entry(connection).or_default() += 1;
            }
        }
        let counted: HashMap<ConnectionId, u32> = self
            .calls
            .callers
            .iter()
            .map(|(connection, count)| (*connection, *count))
            .collect();
        assert_eq!(callers, counted, "callers' counts");
    }
}
