use super::super::slots::{Key, Slots};
use super::children::Children;
use super::hashing::Hashing;

/// Patterns that neither map takes, token by token.
///
/// A node is reached by exactly one path, so a lookup visits each node at most once, however the
/// wildcards are arranged.
#[derive(Debug)]
pub(super) struct Trie {
    nodes: Slots<Node>,
    root: Key,
    patterns: usize,
    hashing: Hashing,
}

#[derive(Debug)]
struct Node {
    literal: Children,
    /// The child for `*`.
    any: Option<Key>,
    /// The interest whose pattern ends here.
    here: Option<Key>,
    /// The interest whose pattern goes on with `>` and ends.
    rest: Option<Key>,
}

impl Node {
    fn new() -> Node {
        Node {
            literal: Children::default(),
            any: None,
            here: None,
            rest: None,
        }
    }

    fn is_unused(&self) -> bool {
        let is_leaf = self.literal.is_empty() && self.any.is_none();
        is_leaf && self.here.is_none() && self.rest.is_none()
    }

    fn child(&self, token: &str) -> Option<Key> {
        match token {
            "*" => self.any,
            token => self.literal.get(token),
        }
    }
}

/// A node still to visit and where in the subject its next token starts.
pub(super) type Visit = (Key, usize);

impl Trie {
    pub(super) fn new(hashing: Hashing) -> Trie {
        let mut nodes = Slots::new();
        let root = nodes.insert(Node::new());
        Trie {
            nodes,
            root,
            patterns: 0,
            hashing,
        }
    }

    /// The interest of exactly this pattern.
    pub(super) fn get(&self, pattern: &str) -> Option<Key> {
        let (path, is_open) = split(pattern);
        let mut node = self.nodes.get(self.root)?;
        for token in path {
            node = self.nodes.get(node.child(token)?)?;
        }
        if is_open { node.rest } else { node.here }
    }

    pub(super) fn insert(&mut self, pattern: &str, interest: Key) {
        let (path, is_open) = split(pattern);
        let mut at = self.root;
        for token in path {
            at = self.child_or_new(at, token);
        }
        if let Some(node) = self.nodes.get_mut(at) {
            let end = if is_open {
                &mut node.rest
            } else {
                &mut node.here
            };
            self.patterns += usize::from(end.is_none());
            *end = Some(interest);
        }
    }

    fn child_or_new(&mut self, parent: Key, token: &str) -> Key {
        let known = self.nodes.get(parent).and_then(|node| node.child(token));
        if let Some(child) = known {
            return child;
        }
        let child = self.nodes.insert(Node::new());
        if let Some(node) = self.nodes.get_mut(parent) {
            match token {
                "*" => node.any = Some(child),
                token => node.literal.insert(token, child, &self.hashing),
            }
        }
        child
    }

    /// Takes a pattern out, and the nodes nothing needs any more.
    pub(super) fn remove(&mut self, pattern: &str) {
        let (path, is_open) = split(pattern);
        let mut at = self.root;
        let mut visited = Vec::new();
        for token in path {
            let Some(child) = self.nodes.get(at).and_then(|node| node.child(token)) else {
                return;
            };
            visited.push((at, token));
            at = child;
        }
        if let Some(node) = self.nodes.get_mut(at) {
            let end = if is_open {
                &mut node.rest
            } else {
                &mut node.here
            };
            self.patterns -= usize::from(end.take().is_some());
        }
        while let Some((parent, token)) = visited.pop() {
            if !self.nodes.get(at).is_some_and(Node::is_unused) {
                return;
            }
            self.nodes.remove(at);
            if let Some(node) = self.nodes.get_mut(parent) {
                match token {
                    "*" => node.any = None,
                    token => node.literal.remove(token),
                }
            }
            at = parent;
        }
    }

    /// Adds the interests whose patterns match to `found`. `visits` is only memory to use again.
    pub(super) fn find(&self, subject: &str, visits: &mut Vec<Visit>, found: &mut Vec<Key>) {
        if self.patterns == 0 {
            return;
        }
        visits.clear();
        visits.push((self.root, 0));
        while let Some((key, start)) = visits.pop() {
            let Some(node) = self.nodes.get(key) else {
                continue;
            };
            let Some(rest) = subject.get(start..) else {
                found.extend(node.here);
                continue;
            };
            found.extend(node.rest);
            let len = memchr::memchr(b'.', rest.as_bytes()).unwrap_or(rest.len());
            // One past the dot; past the end of the subject if there is none.
            let next = start + len + 1;
            if let Some(child) = rest.get(..len).and_then(|token| node.literal.get(token)) {
                visits.push((child, next));
            }
            visits.extend(node.any.map(|child| (child, next)));
        }
    }

    /// Patterns, and nodes without the root.
    pub(super) fn len(&self) -> (usize, usize) {
        (self.patterns, self.nodes.len() - 1)
    }
}

/// The tokens that lead to the node of a pattern, and whether it goes on with `>`.
fn split(pattern: &str) -> (impl Iterator<Item = &str>, bool) {
    let path = match pattern {
        ">" => None,
        pattern => Some(pattern.strip_suffix(".>").unwrap_or(pattern)),
    };
    let is_open = path != Some(pattern);
    (path.into_iter().flat_map(|path| path.split('.')), is_open)
}

#[cfg(test)]
mod tests {
    use super::super::hashing::hashing;
    use super::*;

    #[test]
    fn nodes_go_with_their_patterns() {
        let mut trie = Trie::new(hashing(1));
        let patterns = [">", "a.>", "a.*.c", "*.b.>", "*.b.c"];
        for (at, pattern) in patterns.iter().enumerate() {
            trie.insert(pattern, Key::from_bits(at as u64));
        }
        assert_eq!(trie.len().0, patterns.len());
        assert_eq!(trie.get("a.*.c"), Some(Key::from_bits(2)));
        assert_eq!(trie.get("a.*"), None);
        let (mut visits, mut found) = (Vec::new(), Vec::new());
        trie.find("a.b.c", &mut visits, &mut found);
        found.sort_unstable();
        assert_eq!(found, (0..5).map(Key::from_bits).collect::<Vec<_>>());
        for pattern in patterns {
            trie.remove(pattern);
            assert_eq!(trie.get(pattern), None);
        }
        assert_eq!(trie.len(), (0, 0));
    }
}
