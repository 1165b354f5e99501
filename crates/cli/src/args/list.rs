//! `service ls`, `instance ls`.

use clap::Args;

use super::connect::ConnectArgs;
use super::name;

/// List the services and how many of their instances take calls.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis service ls\n  aegis service ls -o jsonl | jq -r .name")]
pub(crate) struct ServiceListArgs {
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// List instances with their health and why.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis instance ls\n  aegis instance ls billing -o json")]
pub(crate) struct InstanceListArgs {
    /// Only the instances of this service.
    #[arg(value_parser = name::service)]
    pub service: Option<String>,

    #[command(flatten)]
    pub connect: ConnectArgs,
}
