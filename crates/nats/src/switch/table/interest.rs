use std::sync::Arc;

use super::super::slots::Key;

/// Everyone who subscribes to one pattern.
#[derive(Debug)]
pub(crate) struct Interest {
    pub(crate) pattern: Arc<str>,
    /// Whether the local peer wants to hear of its first and last subscriber.
    pub(crate) watched: bool,
    /// Subscriptions of connections, without the local peer's.
    pub(crate) foreign: usize,
    /// Subscriptions that each get every message.
    pub(crate) plain: Vec<Key>,
    /// Queue groups. An empty one stays until it is used again, so that places stay valid.
    pub(crate) groups: Vec<Group>,
}

/// Subscriptions of which one gets each message.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: Box<str>,
    pub(crate) members: Vec<Key>,
}

/// Where in an [`Interest`] a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) group: Option<usize>,
    pub(crate) position: usize,
}

impl Interest {
    pub(super) fn new(pattern: Arc<str>, watched: bool) -> Interest {
        Interest {
            pattern,
            watched,
            foreign: 0,
            plain: Vec::new(),
            groups: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.groups.iter().all(|group| group.members.is_empty())
    }

    /// The place the next subscription of this group will take.
    pub(super) fn next_place(&mut self, queue_group: Option<&str>) -> Place {
        let group = queue_group.map(|name| self.group(name));
        let position = self.members(group).len();
        Place { group, position }
    }

    pub(super) fn insert(&mut self, place: Place, subscription: Key) {
        self.members_mut(place.group).push(subscription);
    }

    /// Takes a subscription out; gives back the one that moved to its place.
    pub(super) fn remove(&mut self, place: Place) -> Option<Key> {
        let members = self.members_mut(place.group);
        if place.position < members.len() {
            members.swap_remove(place.position);
        }
        members.get(place.position).copied()
    }

    pub(crate) fn members(&self, group: Option<usize>) -> &[Key] {
        match group {
            None => &self.plain,
            Some(group) => self
                .groups
                .get(group)
                .map_or(&[], |group| group.members.as_slice()),
        }
    }

    fn members_mut(&mut self, group: Option<usize>) -> &mut Vec<Key> {
        match group.and_then(|group| self.groups.get_mut(group)) {
            Some(group) => &mut group.members,
            None => &mut self.plain,
        }
    }

    /// The group of this name; takes over an empty one or adds one if there is none.
    fn group(&mut self, name: &str) -> usize {
        let mut named = self.groups.iter();
        if let Some(group) = named.position(|group| *group.name == *name) {
            return group;
        }
        let mut unused = self.groups.iter();
        let unused = unused.position(|group| group.members.is_empty());
        let group = Group {
            name: name.into(),
            members: Vec::new(),
        };
        match unused.and_then(|at| self.groups.get_mut(at).map(|slot| (at, slot))) {
            Some((at, slot)) => {
                *slot = group;
                at
            }
            None => {
                self.groups.push(group);
                self.groups.len() - 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changing_group_names_do_not_pile_up() {
        let mut interest = Interest::new("a".into(), false);
        for number in 0..10 {
            let place = interest.next_place(Some(&format!("group{number}")));
            interest.insert(place, Key::from_bits(number));
            assert_eq!(interest.members(place.group), [Key::from_bits(number)]);
            assert_eq!(interest.remove(place), None);
        }
        assert_eq!(interest.groups.len(), 1);
        assert!(interest.is_empty());
    }
}
