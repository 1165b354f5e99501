//! `service info`, `service watch`, `instance info`.

use clap::Args;

use super::connect::ConnectArgs;
use super::name;

/// Show one service: its instances, its calls, and how far the router trusts what it sees.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis service info billing\n  aegis service info billing -o json | jq .service.retry_budget_left"
)]
pub(crate) struct ServiceInfoArgs {
    /// The service's name.
    #[arg(value_parser = name::service)]
    pub service: String,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Follow changes of instances, beginning with how they are now.
///
/// Prints JSON lines if stdout is not a terminal. Events are lost with a connection: after a reconnect a line says so,
/// and the present state is listed anew.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis service watch billing\n  aegis service watch | jq -r 'select(.event == \"instance\") | .evidence'"
)]
pub(crate) struct ServiceWatchArgs {
    /// Only the instances of this service.
    #[arg(value_parser = name::service)]
    pub service: Option<String>,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Show one instance: its health and the evidence for it, its lifecycle, what the operator said.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis instance info billing billing-1\n  aegis instance info billing billing-1 -o json | jq .health"
)]
pub(crate) struct InstanceInfoArgs {
    #[command(flatten)]
    pub instance: InstanceArgs,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// One instance.
#[derive(Debug, Args)]
pub(crate) struct InstanceArgs {
    /// The service's name.
    #[arg(value_parser = name::service)]
    pub service: String,

    /// The instance's id.
    #[arg(value_parser = name::instance)]
    pub instance: String,
}
