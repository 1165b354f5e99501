//! What a rule has to say about one line.

use std::fmt;

/// Whether a finding fails the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Worth a look; passes.
    Reported,
    /// Fails the run.
    Refused,
}

/// One place and what is wrong with it, in the form that editors jump to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) path: String,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) weight: Weight,
    pub(super) message: String,
}

impl Finding {
    pub(super) fn refused(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            weight: Weight::Refused,
            message: message.into(),
        }
    }

    pub(super) fn reported(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            weight: Weight::Reported,
            ..Self::refused(path, line, message)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Refused => "refused",
            Weight::Reported => "note",
        };
        write!(
            out,
            "{}:{}: {weight}: {}",
            self.path, self.line, self.message
        )
    }
}
