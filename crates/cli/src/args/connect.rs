//! Whom to ask, and for how long; the same flags on every command that talks to a router.

use clap::Args;

use super::duration;
use super::file::FileArgs;
use crate::config::{self, Given, Key};

#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    #[command(flatten)]
    pub server: ServerArgs,

    #[command(flatten)]
    pub prefix: PrefixArgs,

    #[command(flatten)]
    pub file: FileArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// The broker to connect to [env: AEGIS_SERVER, NATS_URL] [default: nats://127.0.0.1:4222].
    #[arg(short, long, value_name = "URL", help_heading = "Connection")]
    pub server: Option<String>,

    /// How long to wait for a connection, and then for each answer [env: AEGIS_TIMEOUT] [default:
    /// 5s].
    #[arg(long, value_name = "SPAN", value_parser = config::checked(duration::parse), help_heading = "Connection")]
    pub timeout: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PrefixArgs {
    /// First token of every subject. Routers, services and callers with another prefix do not see each
    /// other [env: AEGIS_PREFIX] [default: ipc].
    #[arg(long, value_name = "TOKEN", help_heading = "Connection")]
    pub prefix: Option<String>,
}

impl ConnectArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        [self.server.given(), self.prefix.given()].concat()
    }
}

impl ServerArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        config::flags([
            (Key::Server, "--server", self.server.as_deref()),
            (Key::Timeout, "--timeout", self.timeout.as_deref()),
        ])
    }
}

impl PrefixArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        config::flags([(Key::Prefix, "--prefix", self.prefix.as_deref())])
    }
}
