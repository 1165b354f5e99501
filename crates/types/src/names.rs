use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::limits::MAX_NAME_BYTES;

/// Why a text is not a name. One variant per rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing is left after white space is trimmed.
    #[error("must not be empty")]
    Empty,
    /// Longer than [`MAX_NAME_BYTES`].
    #[error("must be at most {MAX_NAME_BYTES} bytes, but is {0}")]
    TooLong(usize),
    /// Holds a control character.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Holds white space, where the name becomes part of a subject.
    #[error("must not contain white space, since it becomes part of a subject")]
    Whitespace,
    /// Holds `*` or `>`, where the name becomes part of a subject.
    #[error("must not contain `*` or `>`, since it becomes part of a subject")]
    Wildcard,
    /// Starts or ends with a dot or holds two in a row, where the name becomes part of a subject.
    #[error("must not have an empty part between dots, since it becomes part of a subject")]
    EmptyToken,
}

fn free_text(text: &str) -> Result<&str, NameError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_NAME_BYTES {
        return Err(NameError::TooLong(text.len()));
    }
    if text.chars().any(char::is_control) {
        return Err(NameError::ControlCharacter);
    }
    Ok(text)
}

fn subject_text(text: &str) -> Result<&str, NameError> {
    let text = free_text(text)?;
    if text.chars().any(char::is_whitespace) {
        return Err(NameError::Whitespace);
    }
    if text.contains(['*', '>']) {
        return Err(NameError::Wildcard);
    }
    if text.split('.').any(str::is_empty) {
        return Err(NameError::EmptyToken);
    }
    Ok(text)
}

/// Whether a name may stand in a refined subject: `A-Z a-z 0-9 _ -`, 1 to 64 characters.
pub fn is_strict_token(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $rule:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks and trims a text.
            pub fn parse(text: &str) -> Result<$name, NameError> {
                $rule(text).map(|text| $name(Arc::from(text)))
            }

            /// Checks a text without making a name of it; gives it back trimmed.
            pub fn check(text: &str) -> Result<&str, NameError> {
                $rule(text)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}

name!(
    /// The name of a service.
    ///
    /// - white space around it is trimmed;
    /// - 1 to 255 bytes;
    /// - no control characters.
    ///
    /// Names that are also strict tokens ([`is_strict_token`]) may be called on refined subjects.
    ServiceName,
    free_text
);
name!(
    /// The name of a method of a service. Same rules as [`ServiceName`].
    MethodName,
    free_text
);
name!(
    /// The id of an instance, unique within its service. It becomes part of inbox subjects.
    ///
    /// - white space around it is trimmed;
    /// - 1 to 255 bytes;
    /// - no control characters, no white space inside, no `*` or `>`;
    /// - dots are fine between non-empty parts.
    InstanceId,
    subject_text
);

name!(
    /// The id of a resource: a thing that one instance at a time serves. Same rules as
    /// [`ServiceName`]; it never becomes part of a subject as it is.
    ResourceId,
    free_text
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_its_error() {
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        for (text, error) in [
            ("  ", NameError::Empty),
            (long.as_str(), NameError::TooLong(MAX_NAME_BYTES + 1)),
            ("a\0b", NameError::ControlCharacter),
            ("a b", NameError::Whitespace),
            ("a.*", NameError::Wildcard),
            (">", NameError::Wildcard),
            ("a..b", NameError::EmptyToken),
            (".a", NameError::EmptyToken),
        ] {
            assert_eq!(InstanceId::parse(text), Err(error), "{text:?}");
        }
        assert_eq!(ServiceName::parse("a\nb"), Err(NameError::ControlCharacter));
        assert_eq!(
            ServiceName::parse(&long),
            Err(NameError::TooLong(MAX_NAME_BYTES + 1))
        );
    }

    #[test]
    fn free_names_stay_free() {
        assert_eq!(
            ServiceName::parse(" Order book > 1 ").unwrap().as_str(),
            "Order book > 1"
        );
        assert_eq!(InstanceId::parse("a.b").unwrap().as_str(), "a.b");
        assert_eq!(
            InstanceId::parse(&"x".repeat(MAX_NAME_BYTES))
                .unwrap()
                .as_str()
                .len(),
            255
        );
    }

    #[test]
    fn strict_tokens() {
        assert!(is_strict_token("orders-v2_A"));
        assert!(is_strict_token(&"x".repeat(64)));
        for bad in ["", "a.b", "a b", "é", &"x".repeat(65)] {
            assert!(!is_strict_token(bad), "{bad:?}");
        }
    }
}
