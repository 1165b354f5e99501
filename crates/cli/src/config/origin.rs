//! Where a value came from, so that whoever is told that it is wrong knows where to look.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Typed: `--lease-ttl`.
    Flag(&'static str),
    /// A variable of the environment.
    Environment(String),
    /// The configuration file.
    File {
        /// The file.
        path: Arc<PathBuf>,
        /// From 1.
        line: usize,
    },
    /// Nobody said anything.
    Default,
}

impl Origin {
    /// The kind of place, as a stable word.
    pub(crate) fn source(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Environment(_) => "environment",
            Self::File { .. } => "file",
            Self::Default => "default",
        }
    }

    /// The place itself.
    pub(crate) fn place(&self) -> Option<String> {
        match self {
            Self::Flag(flag) => Some((*flag).to_owned()),
            Self::Environment(variable) => Some(variable.clone()),
            Self::File { path, line } => Some(format!("{}:{line}", path.display())),
            Self::Default => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            Some(place) => out.write_str(&place),
            None => out.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting<T> {
    /// What holds.
    pub(crate) value: T,
    /// Where it came from.
    pub(crate) origin: Origin,
}

impl<T> Setting<T> {
    /// What holds if nobody says anything.
    pub(crate) fn default(value: T) -> Self {
        Self {
            value,
            origin: Origin::Default,
        }
    }
}
