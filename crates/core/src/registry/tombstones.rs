//! Who was here and must not come back by itself.
//!
//! A legacy instance that beats without being known is taken back after a router restart. One that
//! said goodbye, or that an operator put out, must not be: its name is remembered for a while. The
//! memory is this process's; a durable one comes with the roles.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use aegis_types::{Incarnation, InstanceId, Instant};

use crate::keys::ServiceKey;

/// Most names remembered; the oldest go first.
const MAX_TOMBSTONES: usize = 65_536;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// It deregistered.
    Left,
    /// An operator put it out.
    Evicted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tombstone {
    pub(crate) why: Why,
    pub(crate) incarnation: Incarnation,
    until: Instant,
}

/// Names remembered, the oldest first in `order`.
#[derive(Debug, Default)]
pub(crate) struct Tombstones {
    by_name: HashMap<(ServiceKey, InstanceId), Tombstone>,
    order: VecDeque<(Instant, ServiceKey, InstanceId)>,
}

impl Tombstones {
    pub(crate) fn lay(
        &mut self,
        now: Instant,
        span: Duration,
        service: ServiceKey,
        id: InstanceId,
        why: Why,
        incarnation: Incarnation,
    ) {
        self.forget_old(now);
        let until = now + span;
        self.order.push_back((until, service, id.clone()));
        let tombstone = Tombstone {
            why,
            incarnation,
            until,
        };
        self.by_name.insert((service, id), tombstone);
    }

    pub(crate) fn find(
        &self,
        now: Instant,
        service: ServiceKey,
        id: &InstanceId,
    ) -> Option<Tombstone> {
        let tombstone = self.by_name.get(&(service, id.clone()))?;
        (tombstone.until > now).then_some(*tombstone)
    }

    pub(crate) fn lift(&mut self, service: ServiceKey, id: &InstanceId) -> bool {
        self.by_name.remove(&(service, id.clone())).is_some()
    }

    fn forget_old(&mut self, now: Instant) {
        while let Some((until, service, id)) = self.order.front() {
            if *until > now && self.order.len() < MAX_TOMBSTONES {
                break;
            }
            let name = (*service, id.clone());
            // A later one for the same name stays.
            if self
                .by_name
                .get(&name)
                .is_some_and(|laid| laid.until == *until)
            {
                self.by_name.remove(&name);
            }
            self.order.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_forgotten_in_time_and_a_later_one_stays() {
        let mut stones = Tombstones::default();
        let id = InstanceId::parse("a").unwrap();
        let service = ServiceKey(0);
        let at = |seconds| Instant::from_origin(Duration::from_secs(seconds));
        let life = Incarnation::from_bits(1);
        stones.lay(
            at(0),
            Duration::from_secs(10),
            service,
            id.clone(),
            Why::Left,
            life,
        );
        stones.lay(
            at(5),
            Duration::from_secs(10),
            service,
            id.clone(),
            Why::Evicted,
            life,
        );
        let found = stones.find(at(12), service, &id).unwrap();
        assert_eq!(found.why, Why::Evicted);
        let other = InstanceId::parse("b").unwrap();
        stones.lay(
            at(12),
            Duration::from_secs(10),
            service,
            other,
            Why::Left,
            life,
        );
        assert!(stones.find(at(12), service, &id).is_some());
        assert!(stones.find(at(15), service, &id).is_none());
        assert!(stones.lift(service, &id));
        assert!(!stones.lift(service, &id));
    }
}
