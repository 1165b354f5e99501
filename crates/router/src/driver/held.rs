//! Registrations that wait for the welcome of their instance.

use aegis_core::{InstanceKey, RegistrationRefusal};
use aegis_types::Role;

use super::Driver;
use super::hand::Hand;
use super::register::Asker;

/// Who waits, with its own copy of what was in hand.
#[derive(Debug)]
pub(super) struct Held {
    reply: Box<str>,
    service: Box<str>,
    instance: Box<str>,
    role: Option<Role>,
    protocol: Option<u8>,
}

impl Held {
    pub(super) fn asker(&self) -> Asker<'_> {
        Asker {
            reply: &self.reply,
            service: &self.service,
            instance: &self.instance,
            role: self.role,
            protocol: self.protocol,
        }
    }
}

impl Driver {
    pub(super) fn hold_registration(&mut self, hand: &Hand<'_>, instance: InstanceKey) {
        let Hand::Registration(asker) = hand else {
            return;
        };
        let held = Held {
            reply: asker.reply.into(),
            service: asker.service.into(),
            instance: asker.instance.into(),
            role: asker.role,
            protocol: asker.protocol,
        };
        self.held.insert(instance, held);
    }

    pub(super) fn refuse_held_registration(
        &mut self,
        instance: InstanceKey,
        refusal: RegistrationRefusal,
    ) {
        if let Some(held) = self.held.remove(&instance) {
            self.refuse_registration(&Hand::Registration(held.asker()), refusal);
        }
    }
}
