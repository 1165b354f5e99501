//! Why a command did not do what was asked, for the person who asked.

mod listen;
mod sdk;

use std::io;

use crate::exit_code::ExitCode;
use crate::printer::PrintError;

/// The result of a command.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// The end of a command that failed: the cause, what to do about it, and the exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody reads our output any more (`aegis .. | head`): there is nothing left to do, and
    /// nothing is wrong.
    OutputClosed,
    /// Shown to the person.
    Shown {
        /// Exit code.
        code: ExitCode,
        /// What went wrong, outermost first.
        cause: anyhow::Error,
        /// What to do about it, if something is known to help.
        hint: Option<String>,
    },
}

impl Failure {
    /// A failure without a hint.
    pub(crate) fn new(code: ExitCode, cause: impl Into<anyhow::Error>) -> Self {
        Self::Shown {
            code,
            cause: cause.into(),
            hint: None,
        }
    }

    /// Says what was being done.
    #[must_use]
    pub(crate) fn about(self, what: String) -> Self {
        match self {
            Self::OutputClosed => self,
            Self::Shown { code, cause, hint } => Self::Shown {
                code,
                cause: cause.context(what),
                hint,
            },
        }
    }

    /// Adds what the person can do.
    #[must_use]
    pub(crate) fn hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Shown { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// Adds what the person can do, if anything is known to help.
    fn hinted(self, hint: Option<&str>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// The operating system refused something that no setting of ours changes.
    pub(crate) fn system(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::new(ExitCode::Failure, anyhow::Error::new(error).context(what))
    }

    /// What the shell is told.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::OutputClosed => ExitCode::Success,
            Self::Shown { code, .. } => *code,
        }
    }
}

impl From<PrintError> for Failure {
    fn from(error: PrintError) -> Self {
        match error {
            PrintError::Closed => Self::OutputClosed,
            PrintError::Failed(error) => Self::new(
                ExitCode::Failure,
                anyhow::Error::new(error).context("cannot write the output"),
            ),
        }
    }
}
