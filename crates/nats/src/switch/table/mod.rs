//! Who wants which messages.

mod children;
mod hashing;
mod interest;
mod trie;

use std::sync::Arc;

pub(super) use hashing::{TextMap, hashing};
use interest::{Interest, Place};

use super::slots::{Key, Slots};
use crate::PeerId;
use crate::subject::{is_literal, pattern_matches};
use hashing::Hashing;
use trie::{Trie, Visit};

/// All subscriptions, found by subject.
///
/// Nearly all patterns have no wildcard or end in one `.*` (the request inboxes of the usual
/// clients): two hash lookups find these. The trie holds the rest.
#[derive(Debug)]
pub(super) struct Table {
    subscriptions: Slots<Subscription>,
    interests: Slots<Interest>,
    exact: TextMap<Key>,
    /// Patterns `prefix.*` under `prefix.`, and `*` under nothing.
    by_prefix: TextMap<Key>,
    trie: Trie,
    watches: Vec<String>,
}

/// Who holds a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Local,
    Peer(PeerId),
}

#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) owner: Owner,
    /// The owner's own id for it.
    pub(super) sid: Box<str>,
    /// Deliveries so far.
    pub(super) delivered: u64,
    /// Deliveries after which it ends.
    pub(super) max: Option<u64>,
    interest: Key,
    place: Place,
}

/// What changed for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InterestChange {
    Gained(Arc<str>),
    Lost(Arc<str>),
}

/// The subscriptions a subject reaches; memory to use again.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// Each of these gets the message.
    pub(super) plain: Vec<Key>,
    /// One member of each name among these gets it.
    pub(super) groups: Vec<GroupMatch>,
    interests: Vec<Key>,
    visits: Vec<Visit>,
}

/// Subscriptions for which memory is kept between two messages.
const KEEP_MATCHES: usize = 4_096;

impl Matches {
    /// Gives back what a message to very many left behind.
    pub(super) fn give_back(&mut self) {
        if self.plain.capacity() > KEEP_MATCHES {
            self.plain = Vec::new();
        }
        if self.groups.capacity() > KEEP_MATCHES {
            self.groups = Vec::new();
        }
    }
}

/// A queue group at one pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupMatch {
    interest: Key,
    group: usize,
    /// No group before it in the list has its name. Settled before anything is delivered, since a
    /// delivery may end the last subscription of a group and its name with it.
    pub(super) is_first: bool,
}

/// Which index takes a pattern.
enum Index<'a> {
    Exact,
    Prefix(&'a str),
    Trie,
}

fn index_of(pattern: &str) -> Index<'_> {
    match pattern.strip_suffix('*') {
        Some("") => Index::Prefix(""),
        Some(prefix) if prefix.ends_with('.') && is_literal(prefix) => Index::Prefix(prefix),
        _ if is_literal(pattern) => Index::Exact,
        _ => Index::Trie,
    }
}

impl Table {
    pub(super) fn new(hashing: &Hashing, watches: Vec<String>) -> Table {
        Table {
            subscriptions: Slots::new(),
            interests: Slots::new(),
            exact: TextMap::with_hasher(hashing.clone()),
            by_prefix: TextMap::with_hasher(hashing.clone()),
            trie: Trie::new(hashing.clone()),
            watches,
        }
    }

    pub(super) fn subscribe(
        &mut self,
        owner: Owner,
        sid: &str,
        pattern: &str,
        queue_group: Option<&str>,
    ) -> (Key, Option<InterestChange>) {
        let key = self
            .interest_key(pattern)
            .unwrap_or_else(|| self.new_interest(pattern));
        let place = self.interests.get_mut(key).map_or(
            Place {
                group: None,
                position: 0,
            },
            |interest| interest.next_place(queue_group),
        );
        let subscription = self.subscriptions.insert(Subscription {
            owner,
            sid: sid.into(),
            delivered: 0,
            max: None,
            interest: key,
            place,
        });
        let mut change = None;
        if let Some(interest) = self.interests.get_mut(key) {
            interest.insert(place, subscription);
            interest.foreign += usize::from(owner != Owner::Local);
            let is_first = owner != Owner::Local && interest.foreign == 1;
            if is_first && interest.watched {
                change = Some(InterestChange::Gained(Arc::clone(&interest.pattern)));
            }
        }
        (subscription, change)
    }

    pub(super) fn unsubscribe(
        &mut self,
        key: Key,
    ) -> Option<(Subscription, Option<InterestChange>)> {
        let subscription = self.subscriptions.remove(key)?;
        let interest = self.interests.get_mut(subscription.interest)?;
        if let Some(moved) = interest.remove(subscription.place)
            && let Some(moved) = self.subscriptions.get_mut(moved)
        {
            moved.place = subscription.place;
        }
        let mut change = None;
        if subscription.owner != Owner::Local {
            interest.foreign -= 1;
            if interest.foreign == 0 && interest.watched {
                change = Some(InterestChange::Lost(Arc::clone(&interest.pattern)));
            }
        }
        if interest.is_empty() {
            self.remove_interest(subscription.interest);
        }
        Some((subscription, change))
    }

    pub(super) fn get(&self, key: Key) -> Option<&Subscription> {
        self.subscriptions.get(key)
    }

    pub(super) fn get_mut(&mut self, key: Key) -> Option<&mut Subscription> {
        self.subscriptions.get_mut(key)
    }

    /// The name of a group; `None` once its pattern lost its last subscription.
    pub(super) fn group_name(&self, at: GroupMatch) -> Option<&str> {
        let group = self.interests.get(at.interest)?.groups.get(at.group)?;
        Some(&group.name)
    }

    pub(super) fn group_members(&self, at: GroupMatch) -> &[Key] {
        let interest = self.interests.get(at.interest);
        interest.map_or(&[], |interest| interest.members(Some(at.group)))
    }

    /// Whether somebody other than the local peer subscribes to exactly this subject.
    pub(super) fn has_interest(&self, subject: &str) -> bool {
        let interest = self.exact.get(subject);
        let interest = interest.and_then(|key| self.interests.get(*key));
        interest.is_some_and(|interest| interest.foreign > 0)
    }

    /// Fills `matches` with whom a subject reaches.
    pub(super) fn find(&self, subject: &str, matches: &mut Matches) {
        matches.plain.clear();
        matches.groups.clear();
        matches.interests.clear();
        matches.interests.extend(self.exact.get(subject));
        let prefix_len = memchr::memrchr(b'.', subject.as_bytes()).map_or(0, |dot| dot + 1);
        let prefix = subject.get(..prefix_len).unwrap_or_default();
        matches.interests.extend(self.by_prefix.get(prefix));
        self.trie
            .find(subject, &mut matches.visits, &mut matches.interests);
        for key in &matches.interests {
            let Some(interest) = self.interests.get(*key) else {
                continue;
            };
            matches.plain.extend_from_slice(&interest.plain);
            for (at, group) in interest.groups.iter().enumerate() {
                if !group.members.is_empty() {
                    let name = Some(&*group.name);
                    let mut before = matches.groups.iter();
                    let is_first = before.all(|other| self.group_name(*other) != name);
                    matches.groups.push(GroupMatch {
                        interest: *key,
                        group: at,
                        is_first,
                    });
                }
            }
        }
    }

    fn interest_key(&self, pattern: &str) -> Option<Key> {
        match index_of(pattern) {
            Index::Exact => self.exact.get(pattern).copied(),
            Index::Prefix(prefix) => self.by_prefix.get(prefix).copied(),
            Index::Trie => self.trie.get(pattern),
        }
    }

    fn new_interest(&mut self, pattern: &str) -> Key {
        let index = index_of(pattern);
        let is_watched = matches!(index, Index::Exact)
            && self
                .watches
                .iter()
                .any(|watch| pattern_matches(watch, pattern));
        let key = self
            .interests
            .insert(Interest::new(pattern.into(), is_watched));
        match index {
            Index::Exact => {
                self.exact.insert(pattern.into(), key);
            }
            Index::Prefix(prefix) => {
                self.by_prefix.insert(prefix.into(), key);
            }
            Index::Trie => self.trie.insert(pattern, key),
        }
        key
    }

    fn remove_interest(&mut self, key: Key) {
        let Some(interest) = self.interests.remove(key) else {
            return;
        };
        match index_of(&interest.pattern) {
            Index::Exact => {
                self.exact.remove(&*interest.pattern);
            }
            Index::Prefix(prefix) => {
                self.by_prefix.remove(prefix);
            }
            Index::Trie => self.trie.remove(&interest.pattern),
        }
    }

    /// The owner of each subscription.
    pub(super) fn owners(&self) -> impl Iterator<Item = Owner> {
        self.subscriptions
            .iter()
            .map(|(_, subscription)| subscription.owner)
    }

    /// Finds what must never be.
    pub(super) fn check_invariants(&self) -> Result<(), String> {
        for (key, subscription) in self.subscriptions.iter() {
            let interest = self.interests.get(subscription.interest);
            let members = interest.map(|interest| interest.members(subscription.place.group));
            let found = members.and_then(|members| members.get(subscription.place.position));
            if found != Some(&key) {
                return Err(format!("subscription not at its place: {subscription:?}"));
            }
        }
        let mut listed = 0;
        for (key, interest) in self.interests.iter() {
            if interest.is_empty() {
                return Err(format!("interest of nobody kept: {}", interest.pattern));
            }
            if self.interest_key(&interest.pattern) != Some(key) {
                return Err(format!("interest not found: {}", interest.pattern));
            }
            let grouped = interest.groups.iter().flat_map(|group| &group.members);
            let members = || interest.plain.iter().chain(grouped.clone());
            let is_foreign = |key: &&Key| {
                let subscription = self.subscriptions.get(**key);
                subscription.is_some_and(|subscription| subscription.owner != Owner::Local)
            };
            if members().filter(is_foreign).count() != interest.foreign {
                return Err(format!("foreign miscounted: {}", interest.pattern));
            }
            listed += members().count();
        }
        if listed != self.subscriptions.len() {
            return Err(format!(
                "{listed} listed, {} kept",
                self.subscriptions.len()
            ));
        }
        let indexed = self.exact.len() + self.by_prefix.len() + self.trie.len().0;
        if indexed != self.interests.len() {
            return Err(format!("{indexed} indexed, {} kept", self.interests.len()));
        }
        Ok(())
    }
}
