//! Programs that stay: `router`, `broker`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::connect::PrefixArgs;
use super::duration;

/// Where the admin listener is unless somebody says otherwise.
pub(crate) const DEFAULT_ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7422);

/// Run a router with its embedded broker.
///
/// Services, callers and any NATS client connect to the address of `--listen`, on 127.0.0.1 and, where the machine has
/// it, ::1. SIGTERM or Ctrl-C stops it in order, a second one at once.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis router\n  aegis router --listen 127.0.0.1:0 --admin 127.0.0.1:0 --data-dir ./state -o json"
)]
pub(crate) struct RouterArgs {
    #[command(flatten)]
    pub listen: ListenArgs,

    /// Where `/livez` and `/readyz` are answered; port 0 picks a free one and prints it [default:
    /// 127.0.0.1:7422, or nowhere if that is taken].
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "AEGIS_ADMIN",
        hide_env_values = true
    )]
    pub admin: Option<SocketAddr>,

    /// The router's own directory: created if missing, locked while it runs [default:
    /// $XDG_STATE_HOME/aegis, else ~/.local/state/aegis].
    #[arg(
        long,
        value_name = "DIR",
        env = "AEGIS_DATA_DIR",
        hide_env_values = true
    )]
    pub data_dir: Option<PathBuf>,

    /// Heartbeat interval of instances that name none.
    #[arg(long, value_name = "SPAN", default_value = "5s", value_parser = duration::parse, env = "AEGIS_HEARTBEAT_INTERVAL", hide_env_values = true)]
    pub heartbeat_interval: Duration,

    /// How long a registration lasts without a heartbeat; at least 3 heartbeat intervals.
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = duration::parse, env = "AEGIS_LEASE_TTL", hide_env_values = true)]
    pub lease_ttl: Duration,

    #[command(flatten)]
    pub prefix: PrefixArgs,
}

/// Run the embedded broker alone, for any NATS client.
///
/// It listens on 127.0.0.1 and, where the machine has it, ::1. SIGTERM or Ctrl-C stops it in order, a second one at
/// once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  aegis broker\n  aegis broker --listen 127.0.0.1:0")]
pub(crate) struct BrokerArgs {
    #[command(flatten)]
    pub listen: ListenArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListenArgs {
    /// Where the broker listens; port 0 picks a free one and prints it.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:4222",
        env = "AEGIS_LISTEN",
        hide_env_values = true
    )]
    pub listen: SocketAddr,

    /// Stop when stdin ends: ties the program to the life of the one that started it.
    #[arg(long)]
    pub until_stdin_closes: bool,
}
