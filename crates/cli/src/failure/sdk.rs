//! Errors of the SDK as ends of a command. The SDK's texts already say cause, outcome and what was
//! tried; what is decided here is the exit code.

use aegis_client::{CallError, ConnectError, ListError, OperatorError, ServeError};
use aegis_types::Outcome;

use super::Failure;
use crate::exit_code::ExitCode;

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let code = match error {
            ConnectError::InvalidAddress(_) | ConnectError::InvalidPrefix(_) => ExitCode::Usage,
            ConnectError::Refused { .. } | ConnectError::TimedOut { .. } => ExitCode::NotRun,
        };
        let hint = error.hint();
        Self::new(code, error).hinted(hint)
    }
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        let code = match (&error, error.outcome()) {
            (CallError::InvalidArgument { .. }, _) => ExitCode::Usage,
            (_, Outcome::NotRun) => ExitCode::NotRun,
            (_, Outcome::Unknown) => ExitCode::OutcomeUnknown,
            (_, Outcome::Ran) => ExitCode::Failure,
        };
        let hint = error.hint();
        Self::new(code, error).hinted(hint)
    }
}

impl From<ListError> for Failure {
    fn from(error: ListError) -> Self {
        let code = match error {
            ListError::Refused { .. } | ListError::InvalidReply { .. } => ExitCode::Failure,
            ListError::NoRouter
            | ListError::NotSent { .. }
            | ListError::ConnectionLost
            | ListError::TimedOut => ExitCode::NotRun,
        };
        let hint = error.hint();
        Self::new(code, error).hinted(hint)
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        let code = match &error {
            OperatorError::Refused { .. } => ExitCode::Failure,
            OperatorError::NoRouter | OperatorError::NotSent { .. } => ExitCode::NotRun,
            OperatorError::ConnectionLost
            | OperatorError::TimedOut
            | OperatorError::InvalidReply { .. } => ExitCode::OutcomeUnknown,
        };
        let hint = error.hint();
        Self::new(code, error).hinted(hint)
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::new(ExitCode::Failure, error)
    }
}
