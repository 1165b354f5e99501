//! Under one id lives follow each other in the order of their incarnations.

use std::collections::BTreeMap;

use aegis_core::Router;
use aegis_types::Incarnation;

use super::{Judge, Name};

/// The native life that holds each id, as of the end of the step before.
#[derive(Debug, Default)]
pub(super) struct Holders(BTreeMap<(String, String), Incarnation>);

impl Holders {
    /// The holder whose id an earlier life would be given.
    pub(super) fn later_than(&self, name: &Name) -> Option<Incarnation> {
        let key = (name.service.clone(), name.id.clone());
        let holder = self.0.get(&key).copied();
        holder.filter(|holder| *holder > name.incarnation)
    }
}

impl Judge {
    /// At the end of each step. Who takes an id holds it before it is told so: it is welcomed first.
    pub(super) fn examine_holders(&mut self, core: &Router) {
        let natives = core.instances().filter(|view| view.native);
        let holders: BTreeMap<_, _> = natives
            .map(|view| {
                let key = (view.service.to_string(), view.id.to_string());
                (key, view.incarnation)
            })
            .collect();
        let before = std::mem::replace(&mut self.holders.0, holders);
        let fell = self.holders.0.iter().find_map(|(key, holder)| {
            let later = before.get(key).filter(|before| *before > holder)?;
            let text = format!("{} of {} is taken from a later life, {later}", key.1, key.0);
            Some((text, self.by_incarnation.get(holder).copied()))
        });
        if let Some((text, process)) = fell {
            self.accuse(text, None, process);
        }
    }
}
