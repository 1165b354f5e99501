//! `demo`, and the toy service it starts.

use std::time::Duration;

use clap::Args;

use super::duration;

/// See it work: kill an instance under load and watch the calls go on.
///
/// Starts a router, three instances of a toy service as processes of their own, and steady calls. Kills one instance
/// with SIGKILL and starts it again; pauses another with SIGSTOP; drains and replaces the third in order. Ends with a
/// table of what happened, after less than 30 s. Uses free ports and a temporary directory, and cleans up after
/// itself. Exit code 1 if a call failed that was safe to move, or if any call felt the drain.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis demo\n  aegis demo -o json | jq '.loss, .pause, .drain'")]
pub(crate) struct DemoArgs {}

/// One instance of the demo's toy service.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis toy-service --server nats://127.0.0.1:4222 --instance toy-1"
)]
pub(crate) struct ToyServiceArgs {
    /// The broker to connect to.
    #[arg(long, value_name = "URL")]
    pub server: String,

    /// The name of this instance.
    #[arg(long, value_name = "ID")]
    pub instance: String,

    /// Span between two heartbeats.
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = duration::parse)]
    pub heartbeat_interval: Duration,

    /// How long its methods work.
    #[arg(long, value_name = "SPAN", default_value = "20ms", value_parser = duration::parse)]
    pub work: Duration,

    /// Stop when stdin ends.
    #[arg(long)]
    pub until_stdin_closes: bool,

    /// First token of every subject.
    #[arg(
        long,
        value_name = "TOKEN",
        default_value = "ipc",
        env = "AEGIS_PREFIX",
        hide_env_values = true
    )]
    pub prefix: String,
}
