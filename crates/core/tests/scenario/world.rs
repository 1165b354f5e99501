//! The machine under test, its clock, and what its keys are called in the story.

use std::collections::HashMap;

use aegis_core::{CallId, Config, ConnectionId, Credential, Effect, Event, InstanceKey, Router};
use aegis_types::{Incarnation, Instant};
use slotmap::{DefaultKey, SlotMap};

/// One life of an instance, as the story knows it.
#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) key: InstanceKey,
    pub(crate) incarnation: Incarnation,
    pub(crate) connection: Option<ConnectionId>,
    pub(crate) token: Option<u64>,
}

pub(crate) struct World {
    pub(crate) router: Router,
    pub(crate) now: Instant,
    effects: Vec<Effect>,
    slots: SlotMap<DefaultKey, ()>,
    calls: HashMap<String, CallId>,
    /// Lives by `service/id`, the present one last.
    lives: HashMap<String, Vec<Life>>,
    /// How each key is called, also after it is gone.
    keys: HashMap<InstanceKey, String>,
    tokens: Vec<u64>,
}

impl Default for World {
    fn default() -> World {
        World::new(Config::default())
    }
}

impl World {
    pub(crate) fn new(config: Config) -> World {
        World {
            router: Router::new(config, [7; 32]),
            now: Instant::ZERO,
            effects: Vec::new(),
            slots: SlotMap::new(),
            calls: HashMap::new(),
            lives: HashMap::new(),
            keys: HashMap::new(),
            tokens: Vec::new(),
        }
    }

    /// Fires every deadline up to `until`, each at its own instant, and stands at `until`.
    pub(crate) fn advance(&mut self, until: Instant) -> Vec<String> {
        let mut lines = Vec::new();
        let mut fired = 0;
        while let Some(due) = self.router.next_deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            fired += 1;
            assert!(fired < 10_000, "timers without end");
            let at = super::words::spell(self.now.since_origin());
            let effects = self.happens(Event::DeadlineReached);
            lines.extend(effects.into_iter().map(|line| format!("+{at} {line}")));
        }
        self.now = until;
        lines
    }

    /// Gives the machine an event; the effects, in words.
    pub(crate) fn happens(&mut self, event: Event<'_>) -> Vec<String> {
        let mut effects = std::mem::take(&mut self.effects);
        self.router.handle(self.now, event, &mut effects);
        self.router.check_invariants();
        self.meet_everybody();
        self.learn_tokens(&effects);
        let lines = effects
            .iter()
            .map(|effect| super::speak::effect(self, effect))
            .collect();
        for effect in effects.drain(..) {
            if let Effect::Forget(call) = effect {
                self.slots.remove(call.slot());
            }
        }
        self.effects = effects;
        lines
    }

    fn meet_everybody(&mut self) {
        for view in self.router.instances() {
            let name = format!("{}/{}", view.service, view.id);
            let Some(key) = self
                .router
                .find_instance(view.service.as_str(), view.id.as_str())
            else {
                continue;
            };
            if self.keys.contains_key(&key) {
                continue;
            }
            let lives = self.lives.entry(name.clone()).or_default();
            let life = lives.len() + 1;
            lives.push(Life {
                key,
                incarnation: view.incarnation,
                connection: None,
                token: None,
            });
            let called = if life == 1 {
                name
            } else {
                format!("{name}~{life}")
            };
            self.keys.insert(key, called);
        }
    }

    /// A new call, under a name of the story's.
    pub(crate) fn new_call(&mut self, name: &str) -> Result<CallId, String> {
        let id = CallId::from_slot(self.slots.insert(()));
        match self.calls.insert(name.to_owned(), id) {
            None => Ok(id),
            Some(_) => Err(format!("call `{name}` was made before")),
        }
    }

    pub(crate) fn call(&self, name: &str) -> Result<CallId, String> {
        self.calls
            .get(name)
            .copied()
            .ok_or_else(|| format!("unknown call `{name}`"))
    }

    pub(crate) fn name_of_call(&self, id: CallId) -> &str {
        self.calls
            .iter()
            .find(|(_, known)| **known == id)
            .map_or("(unknown call)", |(name, _)| name)
    }

    /// `orders/a`: the present life; `orders/a~1`: the first one met.
    pub(crate) fn life(&self, text: &str) -> Result<&Life, String> {
        let unknown = || format!("unknown instance `{text}`");
        let (name, life) = match text.split_once('~') {
            Some((name, life)) => (name, Some(super::words::number::<usize>(life)?)),
            None => (text, None),
        };
        let lives = self.lives.get(name).ok_or_else(unknown)?;
        let index = life.unwrap_or(lives.len()).wrapping_sub(1);
        lives.get(index).ok_or_else(unknown)
    }

    /// What the present life shows for itself; nothing known is shown as a token of zero.
    pub(crate) fn credential(&self, text: &str) -> Credential {
        match self.life(text) {
            Ok(life) => match life.token {
                Some(token) => Credential::LeaseToken {
                    token,
                    incarnation: life.incarnation,
                },
                None => Credential::Legacy,
            },
            Err(_) => Credential::LeaseToken {
                token: 0,
                incarnation: Incarnation::from_bits(1),
            },
        }
    }

    /// Writes down on which connection a life was admitted.
    pub(crate) fn came_on(&mut self, text: &str, connection: Option<ConnectionId>) {
        if let Some(life) = self.lives.get_mut(text).and_then(|lives| lives.last_mut()) {
            life.connection = connection;
        }
    }

    fn learn_tokens(&mut self, effects: &[Effect]) {
        for effect in effects {
            let Effect::AdmitRegistration {
                instance,
                lease_token,
                ..
            } = effect
            else {
                continue;
            };
            if *lease_token != 0 && !self.tokens.contains(lease_token) {
                self.tokens.push(*lease_token);
            }
            let lives = self.lives.values_mut().flatten();
            for life in lives.filter(|life| life.key == *instance) {
                life.token = Some(*lease_token).filter(|token| *token != 0);
            }
        }
    }

    pub(crate) fn name_of(&self, key: InstanceKey) -> &str {
        self.keys
            .get(&key)
            .map_or("(unknown instance)", |name| name)
    }

    /// Tokens are numbered as they are met.
    pub(crate) fn name_of_token(&self, token: u64) -> String {
        match self.tokens.iter().position(|known| *known == token) {
            Some(index) => format!("t{}", index + 1),
            None => "none".to_owned(),
        }
    }
}
