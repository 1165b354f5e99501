//! Subjects and patterns: tokens between dots; in a pattern `*` stands for one token and a last `>`
//! for one or more.

mod look;

use look::Look;

/// Whether a text is a subject to publish to: non-empty tokens, none of them a wildcard, no white
/// space and no control characters.
///
/// `*` and `>` inside a longer token are ordinary characters, as in NATS.
pub fn is_valid_subject(text: &str) -> bool {
    let look = Look::at(text.as_bytes());
    let is_literal = || !text.split('.').any(|token| matches!(token, "*" | ">"));
    look.is_well_formed && (!look.may_hold_wildcards || is_literal())
}

/// Whether a text is a pattern to subscribe to: as a subject, but a token may be `*` and the last
/// one `>`.
pub fn is_valid_pattern(text: &str) -> bool {
    let mut tokens = text.split('.').peekable();
    while let Some(token) = tokens.next() {
        if token == ">" && tokens.peek().is_some() {
            return false;
        }
    }
    Look::at(text.as_bytes()).is_well_formed
}

/// Whether a pattern holds no wildcard, so that only one subject matches it.
pub fn is_literal(pattern: &str) -> bool {
    !pattern.split('.').any(|token| matches!(token, "*" | ">"))
}

/// Whether a subject matches a pattern. Both have to be valid.
pub fn pattern_matches(pattern: &str, subject: &str) -> bool {
    let mut tokens = subject.split('.');
    for expected in pattern.split('.') {
        match (expected, tokens.next()) {
            (">", Some(_)) => return true,
            (_, None) => return false,
            ("*", Some(_)) => {}
            (expected, Some(token)) if expected == token => {}
            _ => return false,
        }
    }
    tokens.next().is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn subjects() {
        for good in [
            "a",
            "a.b",
            "_INBOX.x.1",
            "a*b",
            "a.b>",
            "\u{e9}.\u{1f600}",
            "$SYS.x",
        ] {
            assert!(is_valid_subject(good), "{good:?}");
            assert!(is_valid_pattern(good), "{good:?}");
            assert!(is_literal(good), "{good:?}");
        }
        for bad in [
            "", ".", "a.", ".a", "a..b", "a b", "a\tb", "a\0", "a\r", "a.\u{7f}",
        ] {
            assert!(!is_valid_subject(bad), "{bad:?}");
            assert!(!is_valid_pattern(bad), "{bad:?}");
        }
        for pattern in ["*", ">", "a.*", "a.>", "*.b", "a.*.c", "*.*.>"] {
            assert!(!is_valid_subject(pattern), "{pattern:?}");
            assert!(is_valid_pattern(pattern), "{pattern:?}");
            assert!(!is_literal(pattern), "{pattern:?}");
        }
        for bad in ["a.>.b", ">.a", ">."] {
            assert!(!is_valid_pattern(bad), "{bad:?}");
        }
    }

    /// The definition, token by token and by recursion.
    fn matches_naively(pattern: &[&str], subject: &[&str]) -> bool {
        match (pattern, subject) {
            ([], []) => true,
            ([">"], [_, ..]) => true,
            (["*", pattern @ ..], [_, subject @ ..]) => matches_naively(pattern, subject),
            ([p, pattern @ ..], [s, subject @ ..]) => p == s && matches_naively(pattern, subject),
            _ => false,
        }
    }

    fn tokens(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
        proptest::collection::vec(proptest::sample::select(of), 1..5)
    }

    proptest! {
        #[test]
        fn matching_agrees_with_its_definition(
            mut pattern in tokens(&["a", "b", "*"]),
            subject in tokens(&["a", "b"]),
            open_end: bool,
        ) {
            if open_end {
                pattern.push(">");
            }
            prop_assert_eq!(
                pattern_matches(&pattern.join("."), &subject.join(".")),
                matches_naively(&pattern, &subject)
            );
        }
    }
}
