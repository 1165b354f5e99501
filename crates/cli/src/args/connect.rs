//! Whom to ask, and for how long; the same flags on every command that talks to a router.

use std::time::Duration;

use clap::Args;

use super::duration;

#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    /// The broker to connect to [default: NATS_URL, else nats://127.0.0.1:4222].
    #[arg(
        short,
        long,
        value_name = "URL",
        env = "AEGIS_SERVER",
        hide_env_values = true,
        help_heading = "Connection"
    )]
    pub server: Option<String>,

    /// How long to wait for a connection, and then for each answer.
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = duration::parse, env = "AEGIS_TIMEOUT", hide_env_values = true, help_heading = "Connection")]
    pub timeout: Duration,

    #[command(flatten)]
    pub prefix: PrefixArgs,
}

#[derive(Debug, Args)]
pub(crate) struct PrefixArgs {
    /// First token of every subject. Routers, services and callers with another prefix do not see each other.
    #[arg(
        long,
        value_name = "TOKEN",
        default_value = "ipc",
        env = "AEGIS_PREFIX",
        hide_env_values = true,
        help_heading = "Connection"
    )]
    pub prefix: String,
}
