//! The operator's word: `instance drain`, `undrain`, `evict`, and the old `disconnect`.

use clap::Args;

use super::connect::ConnectArgs;
use super::inspect::InstanceArgs;
use super::name;

/// Give an instance no new calls; those in flight finish.
///
/// It stays registered and goes on with its heartbeats. `undrain` takes it back.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis instance drain billing billing-1\n  aegis instance drain billing billing-1 --dry-run"
)]
pub(crate) struct DrainArgs {
    #[command(flatten)]
    pub instance: InstanceArgs,

    #[command(flatten)]
    pub rehearsal: RehearsalArgs,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// Take the operator's word back: the instance gets calls again as its health allows.
///
/// It ends a drain, and lets an evicted instance register again.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis instance undrain billing billing-1")]
pub(crate) struct UndrainArgs {
    #[command(flatten)]
    pub instance: InstanceArgs,

    #[command(flatten)]
    pub rehearsal: RehearsalArgs,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// End an instance's registration and keep it out.
///
/// No call goes to it any more, and this life of it may not register again, until `undrain` or a new start of its
/// process, which itself is left alone.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis instance evict billing billing-1 --dry-run\n  aegis instance evict billing billing-1 --yes"
)]
pub(crate) struct EvictArgs {
    #[command(flatten)]
    pub instance: InstanceArgs,

    #[command(flatten)]
    pub consent: ConsentArgs,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// As `instance evict`, of whatever service the instance is.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis disconnect billing-1 --yes")]
pub(crate) struct DisconnectArgs {
    /// The instance's id.
    #[arg(value_parser = name::instance)]
    pub instance: String,

    #[command(flatten)]
    pub consent: ConsentArgs,

    #[command(flatten)]
    pub connect: ConnectArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RehearsalArgs {
    /// Say what it would be done to, and change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// For what ends a registration.
#[derive(Debug, Args)]
pub(crate) struct ConsentArgs {
    /// Do it: without this nothing is done.
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,

    #[command(flatten)]
    pub rehearsal: RehearsalArgs,
}
