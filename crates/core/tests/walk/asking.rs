//! What instances and callers ask for.

use std::time::Duration;

use aegis_core::{
    CallId, CallRequest, CallerKind, Effect, Event, MethodDeclaration, Part, Registration,
    RegistrationKind,
};
use aegis_types::{
    Incarnation, InstanceId, MethodName, ResourceId, RetryWish, Role, Safety, ServiceName,
};

use super::ledger::{Admitted, Asked};
use super::step::{IDS, Life, METHODS, Part as Wanted, RESOURCES, SERVICES, Step};
use super::walker::{Told, Walk, name};

impl Walk {
    pub(super) fn register(&mut self, step: &Step) {
        let Step::Register {
            service,
            id,
            life,
            on,
            lifeline,
            menu,
            interval_ms,
            answers,
            part,
        } = *step
        else {
            return;
        };
        let (service, id) = name(service, id);
        let connection = self.connection(on);
        let known = self
            .ledger
            .present
            .get(&(service, id))
            .and_then(|key| self.ledger.lives.get(key));
        let same = known
            .filter(|life| !life.legacy)
            .map_or(500, |life| life.incarnation.bits());
        self.next_life += 1;
        let incarnation = Incarnation::from_bits(match life {
            Life::Same | Life::Legacy => same,
            Life::Next => self.next_life,
            Life::Older => same.saturating_sub(1),
        });
        let menu = if matches!(life, Life::Legacy) {
            Vec::new()
        } else {
            menu_of(menu)
        };
        let methods: Vec<MethodDeclaration> = menu
            .iter()
            .map(|(name, safety)| MethodDeclaration {
                name: MethodName::parse(name).expect("a name"),
                safety: *safety,
                attempt_timeout: (*name == "search").then_some(Duration::from_millis(200)),
            })
            .collect();
        let kind = match life {
            Life::Legacy => RegistrationKind::Legacy,
            _ => RegistrationKind::Native {
                incarnation,
                lifeline,
                methods: &methods,
                version: None,
            },
        };
        let event = Event::RegistrationReceived(Registration {
            service: ServiceName::parse(service).expect("a name"),
            instance: InstanceId::parse(id).expect("an id"),
            kind,
            part: part_of(part),
            heartbeat_interval: interval_ms.map(|ms| Duration::from_millis(ms.into())),
            connection: Some(connection),
        });
        let wants = match part {
            Wanted::Active(resource) => Some(RESOURCES[usize::from(resource)]),
            _ => None,
        };
        let alive = wants.and_then(|resource| self.living_claim(resource));
        let mut effects = Vec::new();
        self.router.handle(self.now, event, &mut effects);
        self.judge_claim(wants, alive, (service, id), &effects);
        for effect in &effects {
            let (instance, held) = match effect {
                Effect::AdmitRegistration { instance, .. } => (instance, None),
                Effect::HoldRegistration { instance } => (instance, Some(self.now)),
                _ => continue,
            };
            let before = self.ledger.lives.get(instance);
            let view = self.router.instance(*instance).expect("admitted");
            self.ledger.lives.insert(
                *instance,
                Admitted {
                    service,
                    id,
                    legacy: matches!(life, Life::Legacy),
                    token: before.and_then(|life| life.token),
                    incarnation: view.incarnation,
                    menu: menu.clone(),
                    lease: self.now + view.lease_ttl,
                    welcomed: held.is_none(),
                    held,
                    on: Some(connection),
                },
            );
            self.ledger.present.insert((service, id), *instance);
        }
        let held = effects.iter().find_map(|effect| match effect {
            Effect::HoldRegistration { instance } => Some(*instance),
            _ => None,
        });
        self.judge(effects, Told::Registered);
        if let Some(instance) = held.filter(|_| answers) {
            self.answer_probe(instance);
        }
    }

    pub(super) fn call(&mut self, step: &Step) {
        let Step::Call {
            service,
            method,
            timeout_ms,
            wish,
            max,
            attempt_ms,
            excluded,
            legacy,
            from,
        } = *step
        else {
            return;
        };
        let excluded: Vec<&'static str> = IDS
            .iter()
            .enumerate()
            .filter(|(bit, _)| excluded & (1 << bit) != 0)
            .map(|(_, id)| *id)
            .collect();
        let timeout = Duration::from_millis(timeout_ms.into());
        let asked = Asked {
            service: SERVICES[usize::from(service) % SERVICES.len()],
            method: METHODS[usize::from(method) % METHODS.len()],
            wish: match wish {
                0 => RetryWish::Unknown,
                1 => RetryWish::Failed,
                _ => RetryWish::Proof,
            },
            max,
            deadline: self.now + timeout,
            excluded: excluded.clone(),
            caller: if legacy {
                CallerKind::Legacy
            } else {
                CallerKind::Native
            },
            from: from.map(|from| self.connection(from)),
            sent: Vec::new(),
            kept: false,
            answered: false,
        };
        let call = CallId::from_slot(self.slots.insert(()));
        let event = Event::CallReceived(CallRequest {
            call,
            service: asked.service,
            method: asked.method,
            timeout,
            wish: asked.wish,
            max_instances: asked.max,
            attempt_timeout: attempt_ms.map(|ms| Duration::from_millis(ms.into())),
            excluded: &excluded,
            caller: asked.caller,
            connection: asked.from,
        });
        self.ledger.open.insert(call, asked);
        self.feed(event, Told::Else);
    }
}

fn part_of(part: Wanted) -> Part {
    let (role, resource) = match part {
        Wanted::Nothing => return Part::default(),
        Wanted::StandsBy(resource) => (Role::Standby, resource),
        Wanted::Active(resource) => (Role::Active, resource),
    };
    Part {
        role: Some(role),
        resource: ResourceId::parse(RESOURCES[usize::from(resource)]).ok(),
    }
}

/// Eight menus: each method offered or not, and two versions that differ about one of them.
fn menu_of(number: u8) -> Vec<(&'static str, Safety)> {
    let last = if number == 7 {
        Safety::AtMostOnce
    } else {
        Safety::Idempotent
    };
    let mut menu = vec![("last", last)];
    if number != 1 {
        menu.push(("place", Safety::AtMostOnce));
    }
    if number.is_multiple_of(2) {
        menu.push(("search", Safety::Idempotent));
    }
    menu
}
