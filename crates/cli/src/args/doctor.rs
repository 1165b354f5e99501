//! `doctor`.

use clap::{Args, ValueEnum};

use super::connect::ConnectArgs;
use super::name;

/// Look for what is wrong, and say what to do.
///
/// Looks at servers, versions, the router, clocks, permissions, limits, taps and streams on our subjects,
/// settings and services. It changes nothing, and tries permissions on names that nobody has. Ends with 1 if there
/// is a problem, with 3 if no server can be reached.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis doctor\n  aegis doctor -s nats://a,nats://b --creds router.creds --job router\n  aegis doctor -o jsonl | jq -r 'select(.verdict == \"problem\") | .todo'"
)]
pub(crate) struct DoctorArgs {
    /// What these credentials are for: what they lack for it is a problem. May be said several times.
    #[arg(long, value_enum, value_name = "JOB")]
    pub job: Vec<Job>,

    /// Try permissions with the name of this service, where they are granted by service.
    #[arg(long, value_name = "NAME", value_parser = name::service)]
    pub service: Option<String>,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Who needs which subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Job {
    /// Calls services.
    Caller,
    /// Offers a service.
    Instance,
    /// Lists, watches, drains and evicts.
    Operator,
    /// Routes calls.
    Router,
}

impl Job {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Caller, Self::Instance, Self::Operator, Self::Router];

    /// As it is typed.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Instance => "instance",
            Self::Operator => "operator",
            Self::Router => "router",
        }
    }
}
