//! Programs that stay: `router`, `broker`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use clap::Args;

use super::connect::{PrefixArgs, TransportArgs};
use super::duration;
use super::file::FileArgs;
use crate::config::{self, Given, Key, TransportKey};

/// Where the broker listens unless somebody says otherwise.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4222);

/// Where the admin listener is unless somebody says otherwise.
pub(crate) const DEFAULT_ADMIN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7422);

/// Run a router, with its embedded broker or on a NATS server.
///
/// Services, callers and any NATS client connect to the address of `--listen`, on 127.0.0.1 and, where the machine has
/// it, ::1; with `--nats` to the servers named there. One router serves: a second one on the same servers exits with 6, or
/// waits with `--standby`. SIGTERM or Ctrl-C stops it in order, a second one at once.
///
/// Limits and what holds for single services are set in the configuration file or the environment: `aegis config show`
/// lists them.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  aegis router\n  aegis router --listen 127.0.0.1:0 --admin 127.0.0.1:0 --data-dir ./state -o json\n  aegis router --nats nats://a:4222,nats://b:4222 --creds aegis.creds --standby"
)]
pub(crate) struct RouterArgs {
    #[command(flatten)]
    pub listen: ListenArgs,

    /// With another router on these NATS servers: wait until it is gone, and take over.
    #[arg(long, help_heading = "NATS server")]
    pub standby: bool,

    /// Credentials of a user of the system account: with them, the end of an instance's connection is known within
    /// milliseconds [env: AEGIS_NATS__SYSTEM_CREDS].
    #[arg(long, value_name = "FILE", help_heading = "NATS server")]
    pub system_creds: Option<String>,

    #[command(flatten)]
    pub router: RouterSettingArgs,

    #[command(flatten)]
    pub transport: TransportArgs,

    #[command(flatten)]
    pub stay: StayArgs,

    #[command(flatten)]
    pub prefix: PrefixArgs,

    #[command(flatten)]
    pub file: FileArgs,
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

    #[command(flatten)]
    pub stay: StayArgs,

    #[command(flatten)]
    pub file: FileArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListenArgs {
    /// Where the broker listens; port 0 picks a free one and prints it [env: AEGIS_LISTEN] [default:
    /// 127.0.0.1:4222].
    #[arg(long, value_name = "ADDRESS", value_parser = config::checked(config::address))]
    pub listen: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RouterSettingArgs {
    /// Run on these NATS servers of one cluster, with commas between them, in place of the embedded broker [env:
    /// AEGIS_NATS].
    #[arg(long, value_name = "URLS", help_heading = "NATS server")]
    pub nats: Option<String>,

    /// Where `/livez`, `/readyz` and `/api/v1` are answered; port 0 picks a free one and prints it [env:
    /// AEGIS_ADMIN] [default: 127.0.0.1:7422, or nowhere if that is taken].
    #[arg(long, value_name = "ADDRESS", value_parser = config::checked(config::address))]
    pub admin: Option<String>,

    /// The router's own directory: created if missing, locked while it runs [env: AEGIS_DATA_DIR]
    /// [default: $XDG_STATE_HOME/aegis, else ~/.local/state/aegis].
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<String>,

    /// Heartbeat interval of instances that name none [env: AEGIS_HEARTBEAT_INTERVAL] [default: 5s].
    #[arg(long, value_name = "SPAN", value_parser = config::checked(duration::parse))]
    pub heartbeat_interval: Option<String>,

    /// How long a registration lasts without a heartbeat; at least 3 heartbeat intervals [env:
    /// AEGIS_LEASE_TTL] [default: 30s].
    #[arg(long, value_name = "SPAN", value_parser = config::checked(duration::parse))]
    pub lease_ttl: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct StayArgs {
    /// Stop when stdin ends: ties the program to the life of the one that started it.
    #[arg(long)]
    pub until_stdin_closes: bool,
}

impl RouterArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        [
            self.listen.given(),
            self.router.given(),
            self.transport.given(),
            self.prefix.given(),
            config::flags([(
                Key::Transport(TransportKey::SystemCreds),
                "--system-creds",
                self.system_creds.as_deref(),
            )]),
        ]
        .concat()
    }
}

impl ListenArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        config::flags([(Key::Listen, "--listen", self.listen.as_deref())])
    }
}

impl RouterSettingArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        let interval = self.heartbeat_interval.as_deref();
        config::flags([
            (Key::Nats, "--nats", self.nats.as_deref()),
            (Key::Admin, "--admin", self.admin.as_deref()),
            (Key::DataDir, "--data-dir", self.data_dir.as_deref()),
            (Key::HeartbeatInterval, "--heartbeat-interval", interval),
            (Key::LeaseTtl, "--lease-ttl", self.lease_ttl.as_deref()),
        ])
    }
}
