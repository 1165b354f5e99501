//! Who may be active for a resource.

use aegis_core::{Effect, InstanceKey, RegistrationRefusal};
use aegis_types::{Health, Role};

use super::walker::Walk;

impl Walk {
    /// Who was admitted as active, if it is still there and not gone.
    pub(super) fn living_claim(&self, resource: &str) -> Option<InstanceKey> {
        let key = *self.ledger.claims.get(resource)?;
        let life = self.ledger.lives.get(&key)?;
        // Who deregistered may still have work in flight.
        let present = self.router.find_instance(life.service, life.id) == Some(key);
        let view = self.router.instance(key).filter(|_| present)?;
        (view.health != Health::Unhealthy).then_some(key)
    }

    /// A registration was answered: it asked to be active for `wants`, where `alive` was.
    pub(super) fn judge_claim(
        &mut self,
        wants: Option<&'static str>,
        alive: Option<InstanceKey>,
        name: (&'static str, &'static str),
        effects: &[Effect],
    ) {
        let same_name = alive.filter(|key| {
            let life = &self.ledger.lives[key];
            (life.service, life.id) == name
        });
        for effect in effects {
            match effect {
                Effect::RefuseRegistration(RegistrationRefusal::RoleConflict { active }) => {
                    assert!(wants.is_some(), "a conflict about nothing");
                    assert_eq!(Some(*active), alive, "a conflict with somebody else");
                    assert_eq!(same_name, None, "a conflict with itself");
                    self.tally.role_conflicts += 1;
                }
                Effect::AdmitRegistration { instance, .. }
                | Effect::HoldRegistration { instance } => {
                    assert_eq!(alive, same_name, "two actives");
                    self.claim(*instance, wants);
                }
                _ => {}
            }
        }
    }

    fn claim(&mut self, key: InstanceKey, wants: Option<&'static str>) {
        self.ledger.claims.retain(|_, claimed| *claimed != key);
        let Some(resource) = wants else { return };
        let before = self.ledger.claims.insert(resource, key);
        if let Some(before) = before.and_then(|key| self.router.part_of(key)) {
            assert_ne!(before.role, Some(Role::Active), "it stands by");
            self.tally.succeeded += 1;
        }
    }
}
