//! Why a router or a broker does not start, in terms of our flags.

use aegis_broker::BindError;
use aegis_router::StartError;

use super::Failure;
use crate::exit_code::ExitCode;

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        let (code, hint) = match error {
            BindError::NotLoopback { .. } => (
                ExitCode::Usage,
                "there is no authentication yet, so only 127.0.0.1 and ::1 are allowed: --listen 127.0.0.1:4222",
            ),
            BindError::PortTaken { .. } | BindError::NoFreePort => (
                ExitCode::Occupied,
                "another router or a NATS server may run there; choose another port with --listen 127.0.0.1:PORT, \
                 or let it pick a free one with --listen 127.0.0.1:0",
            ),
            BindError::PendingBelowPayload { .. } => {
                (ExitCode::Usage, "raise the limit on pending bytes")
            }
            BindError::TotalBelowPending { .. } => (
                ExitCode::Usage,
                "raise limits.pending_bytes_total or lower limits.pending_bytes",
            ),
            BindError::TooFewDescriptors { .. } => (
                ExitCode::Usage,
                "raise the hard limit of this process (`ulimit -Hn`, LimitNOFILE= in systemd), or lower \
                 limits.connections",
            ),
            BindError::Listen { .. } | BindError::Setup(_) => {
                return Self::new(ExitCode::Failure, error);
            }
        };
        Self::new(code, error).hint(hint)
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let hint = error.hint();
        let code = match error {
            StartError::Bind(error) => return error.into(),
            StartError::Config(_) | StartError::Prefix(_) => ExitCode::Usage,
            StartError::Chance(_) | StartError::Thread(_) => ExitCode::Failure,
        };
        Self::new(code, error).hinted(hint.as_deref())
    }
}
