use super::super::slots::Key;
use super::hashing::{Hashing, TextMap};

/// Up to this many children are compared one by one, which is faster than hashing the token.
const MAX_COMPARED: usize = 8;

/// The children of one node of the trie, by token: few for nearly every node, and as many as
/// strangers like for some.
#[derive(Debug)]
pub(super) enum Children {
    Few(Vec<(Box<str>, Key)>),
    Many(TextMap<Key>),
}

impl Default for Children {
    fn default() -> Children {
        Children::Few(Vec::new())
    }
}

impl Children {
    pub(super) fn get(&self, token: &str) -> Option<Key> {
        match self {
            Children::Few(children) => {
                let mut children = children.iter();
                let found = children.find(|(name, _)| **name == *token);
                found.map(|(_, child)| *child)
            }
            Children::Many(children) => children.get(token).copied(),
        }
    }

    /// Adds a child whose token is not there yet.
    pub(super) fn insert(&mut self, token: &str, child: Key, hashing: &Hashing) {
        match self {
            Children::Few(children) if children.len() < MAX_COMPARED => {
                children.push((token.into(), child));
            }
            Children::Few(children) => {
                let mut many = TextMap::with_hasher(hashing.clone());
                many.extend(children.drain(..));
                many.insert(token.into(), child);
                *self = Children::Many(many);
            }
            Children::Many(children) => {
                children.insert(token.into(), child);
            }
        }
    }

    pub(super) fn remove(&mut self, token: &str) {
        match self {
            Children::Few(children) => children.retain(|(name, _)| **name != *token),
            Children::Many(children) => {
                children.remove(token);
                if children.is_empty() {
                    *self = Children::default();
                }
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Children::Few(children) => children.is_empty(),
            Children::Many(children) => children.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::hashing::hashing;
    use super::*;

    #[test]
    fn few_and_many_are_found_and_go() {
        let mut children = Children::default();
        let tokens: Vec<String> = (0..3 * MAX_COMPARED).map(|n| format!("t{n}")).collect();
        for (at, token) in tokens.iter().enumerate() {
            assert_eq!(children.get(token), None);
            children.insert(token, Key::from_bits(at as u64), &hashing(1));
            for (at, token) in tokens.iter().enumerate().take(at + 1) {
                assert_eq!(children.get(token), Some(Key::from_bits(at as u64)));
            }
        }
        for token in &tokens {
            assert!(!children.is_empty());
            children.remove(token);
            assert_eq!(children.get(token), None);
        }
        assert!(matches!(children, Children::Few(few) if few.is_empty()));
    }
}
