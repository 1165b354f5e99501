//! What can be wrong with settings. Every text names the value and where it came from.

use std::path::PathBuf;

use serde::Serialize;
use thiserror::Error;

use super::origin::Origin;
use super::verdict::Refused;
use crate::exit_code::ExitCode;
use crate::failure::Failure;

/// One thing that is wrong.
#[derive(Debug, Error)]
pub(crate) enum Problem {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is not TOML.
    #[error("{place} is not TOML: {reason}")]
    Syntax {
        /// File and line.
        place: Origin,
        /// Why.
        reason: String,
    },
    /// There is no such setting.
    #[error("unknown setting `{key}` ({origin})")]
    UnknownKey {
        /// As written.
        key: String,
        /// Where.
        origin: Origin,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// There was such a setting in the first AegisIPC, and nothing for it to do here.
    #[error("the setting `{key}` ({origin}) is gone")]
    CheckInterval {
        /// As written.
        key: String,
        /// Where.
        origin: Origin,
    },
    /// A value that cannot be this setting.
    #[error("`{key}` is {text} ({origin}): {rule}")]
    WrongValue {
        /// The setting.
        key: String,
        /// As written, quoted; or a word for what must not be shown.
        text: String,
        /// Where.
        origin: Origin,
        /// What it should be.
        rule: String,
    },
    /// Two values that do not fit together.
    #[error("{text}")]
    Relation {
        /// Both values, and where each came from.
        text: String,
        /// What to do.
        hint: &'static str,
    },
}

impl Problem {
    /// The stable code.
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "UNREADABLE",
            Self::Syntax { .. } => "NOT_TOML",
            Self::UnknownKey { .. } => "UNKNOWN_KEY",
            Self::CheckInterval { .. } => "GONE",
            Self::WrongValue { .. } => "WRONG_VALUE",
            Self::Relation { .. } => "DOES_NOT_FIT",
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownKey { nearest, .. } => Some(match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "`aegis config show` lists all settings".to_owned(),
            }),
            Self::CheckInterval { .. } => Some(
                "remove it: there is no check interval, expiry fires at its instant; `lease_ttl` says when"
                    .to_owned(),
            ),
            Self::Relation { hint, .. } => Some((*hint).to_owned()),
            Self::Unreadable { .. } => Some("name another with --config".to_owned()),
            Self::Syntax { .. } | Self::WrongValue { .. } => None,
        }
    }

    /// For whoever judges settings without running anything.
    pub(super) fn refused(&self) -> Refused {
        Refused {
            code: self.code(),
            message: self.to_string(),
            hint: self.hint(),
        }
    }

    /// As data.
    pub(super) fn report(&self) -> Report {
        Report {
            code: self.code(),
            message: self.to_string(),
            hint: self.hint(),
        }
    }
}

/// A problem as data. Field names are stable.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Stable code.
    code: &'static str,
    /// For people.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: Option<String>,
}

/// All that is wrong: at least one thing.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    /// Each as data.
    pub(crate) fn reports(&self) -> Vec<Report> {
        self.0.iter().map(Problem::report).collect()
    }
}

impl From<Problems> for Failure {
    fn from(Problems(problems): Problems) -> Self {
        if let [only] = problems.as_slice() {
            let failure = Self::new(ExitCode::Usage, anyhow::anyhow!("{only}"));
            return match only.hint() {
                Some(hint) => failure.hint(hint),
                None => failure,
            };
        }
        let mut text = format!("{} settings are wrong", problems.len());
        for problem in &problems {
            text.push_str(&format!("\n  {problem}"));
            if let Some(hint) = problem.hint() {
                text.push_str(&format!("; {hint}"));
            }
        }
        Self::new(ExitCode::Usage, anyhow::anyhow!(text))
    }
}
