//! Who is active for which resource, as registered.
//!
//! An instance may register with a role, and name the resource it is about. For one resource there
//! is at most one active, whatever its service. Whoever is alive keeps the role: also one that is
//! suspect, joining, draining or calls itself unhealthy. Whoever is gone does not: its lifeline was
//! closed, its lease is over, or, for a legacy instance, its inbox lost its last subscriber. The next
//! that asks then becomes active, and the one before, should it come back, stands by.
//!
//! Nobody is promoted here, and no call is routed by it: the role is kept, shown and checked.

use aegis_types::{Health, HealthReason, ResourceId, Role};
use rustc_hash::FxHashMap;

use super::{Hashing, Instance, NameMap};
use crate::effect::RegistrationRefusal;
use crate::event::Part;
use crate::keys::InstanceKey;
use crate::router::Router;

/// The parts of the present instances that named one. Few do: the others cost nothing here.
#[derive(Debug)]
pub(crate) struct Roles {
    parts: FxHashMap<InstanceKey, Part>,
    actives: NameMap<ResourceId, InstanceKey>,
}

impl Roles {
    pub(crate) fn new(hashing: Hashing) -> Roles {
        Roles {
            parts: FxHashMap::default(),
            actives: NameMap::with_hasher(hashing),
        }
    }

    /// What it registered as, if it said anything.
    pub(crate) fn part_of(&self, key: InstanceKey) -> Option<&Part> {
        self.parts.get(&key)
    }

    /// Who is active for a resource.
    pub(crate) fn active_for(&self, resource: &ResourceId) -> Option<InstanceKey> {
        self.actives.get(resource).copied()
    }

    /// From now on this is its part. Who was active for the same resource stands by.
    pub(crate) fn assign(&mut self, key: InstanceKey, part: &Part) {
        self.forget(key);
        if let Some(resource) = part.held() {
            let before = self.actives.insert(resource.clone(), key);
            if let Some(before) = before.and_then(|before| self.parts.get_mut(&before)) {
                before.role = Some(Role::Standby);
            }
        }
        if part != &Part::default() {
            self.parts.insert(key, part.clone());
        }
    }

    /// It is not there any more.
    pub(crate) fn forget(&mut self, key: InstanceKey) {
        let Some(part) = self.parts.remove(&key) else {
            return;
        };
        if let Some(resource) = part.held() {
            self.actives.remove(resource);
        }
    }
}

impl Part {
    /// The resource it is active for.
    fn held(&self) -> Option<&ResourceId> {
        let active = self.role == Some(Role::Active);
        self.resource.as_ref().filter(|_| active)
    }
}

impl Router {
    /// Whether an instance may register with this part; `replaces` is who has its id now.
    pub(super) fn check_part(
        &self,
        part: &Part,
        replaces: Option<InstanceKey>,
    ) -> Result<(), RegistrationRefusal> {
        let active = part
            .held()
            .and_then(|resource| self.registry.roles.active_for(resource))
            .filter(|active| Some(*active) != replaces);
        match active.and_then(|key| Some((key, self.registry.instance(key)?))) {
            Some((active, instance)) if !is_gone(instance) => {
                Err(RegistrationRefusal::RoleConflict { active })
            }
            _ => Ok(()),
        }
    }

    /// Invariant 12.
    pub(crate) fn check_roles(&self) {
        let roles = &self.registry.roles;
        for (key, part) in &roles.parts {
            let instance = self.registry.instance(*key);
            assert!(
                instance.is_some_and(|instance| !instance.departed),
                "{key:?}: a part of nobody"
            );
            if let Some(resource) = part.held() {
                let active = roles.active_for(resource);
                assert_eq!(active, Some(*key), "{resource}: two actives");
            }
        }
        for (resource, key) in &roles.actives {
            let held = roles.part_of(*key).and_then(Part::held);
            assert_eq!(held, Some(resource), "{key:?}: active without the role");
        }
    }
}

/// Its own word does not count: a process that calls itself unhealthy is alive and may act.
fn is_gone(instance: &Instance) -> bool {
    let (health, reason) = instance.evidence.assess(instance.kind);
    health == Health::Unhealthy && reason != Some(HealthReason::SelfUnhealthy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::hashing;

    fn part(role: Option<Role>, resource: Option<&str>) -> Part {
        let resource = resource.map(|id| ResourceId::parse(id).unwrap());
        Part { role, resource }
    }

    fn roles() -> (Roles, ResourceId, [InstanceKey; 3]) {
        let keys = [1, 2, 3].map(|low| InstanceKey::from_bits(1 << 32 | low));
        let user = ResourceId::parse("user-1").unwrap();
        (Roles::new(hashing(&[0; 32])), user, keys)
    }

    #[test]
    fn the_next_active_takes_the_place_and_the_one_before_stands_by() {
        let (mut roles, user, [a, b, _]) = roles();
        let active = part(Some(Role::Active), Some("user-1"));
        roles.assign(a, &active);
        assert_eq!(roles.active_for(&user), Some(a));
        roles.assign(b, &active);
        assert_eq!(roles.active_for(&user), Some(b));
        let before = roles.part_of(a).expect("still there");
        assert_eq!(before, &part(Some(Role::Standby), Some("user-1")));
        roles.forget(a);
        assert_eq!(roles.active_for(&user), Some(b), "not its place any more");
        roles.forget(b);
        assert_eq!(roles.active_for(&user), None);
        assert!(roles.parts.is_empty() && roles.actives.is_empty());
    }

    #[test]
    fn only_an_active_with_a_resource_holds_anything() {
        let (mut roles, user, [a, b, c]) = roles();
        roles.assign(a, &part(Some(Role::Standby), Some("user-1")));
        roles.assign(b, &part(Some(Role::Active), None));
        roles.assign(c, &part(None, Some("user-1")));
        assert_eq!(roles.active_for(&user), None);
        assert_eq!(roles.parts.len(), 3, "all are shown");
        roles.assign(c, &Part::default());
        assert_eq!(roles.parts.len(), 2, "who says nothing costs nothing");
    }

    #[test]
    fn who_registers_again_as_standby_gives_the_place_up() {
        let (mut roles, user, [a, ..]) = roles();
        roles.assign(a, &part(Some(Role::Active), Some("user-1")));
        roles.assign(a, &part(Some(Role::Active), Some("user-1")));
        assert_eq!(roles.active_for(&user), Some(a));
        roles.assign(a, &part(Some(Role::Standby), Some("user-1")));
        assert_eq!(roles.active_for(&user), None);
    }
}
