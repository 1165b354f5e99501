//! Whom to ask, and for how long; the same flags on every command that talks to a router.

use clap::Args;

use super::duration;
use super::file::FileArgs;
use crate::config::{self, Given, Key, TransportKey};

#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    #[command(flatten)]
    pub server: ServerArgs,

    #[command(flatten)]
    pub transport: TransportArgs,

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

// How to get to a NATS server. Files only: everybody on the machine can read a command line.
#[derive(Debug, Args)]
pub(crate) struct TransportArgs {
    /// Say who this is with a credentials file (JWT and seed, as `nsc` writes it) [env: NATS_CREDS,
    /// AEGIS_NATS__CREDS].
    #[arg(long, value_name = "FILE", help_heading = "NATS server")]
    pub creds: Option<String>,

    /// Say who this is with the seed of an nkey [env: AEGIS_NATS__NKEY].
    #[arg(long, value_name = "FILE", help_heading = "NATS server")]
    pub nkey: Option<String>,

    /// Insist on TLS, and trust only the authorities in this file [env: AEGIS_NATS__TLS_CA].
    #[arg(long, value_name = "FILE", help_heading = "NATS server")]
    pub tls_ca: Option<String>,

    /// Show this client certificate; needs its key [env: AEGIS_NATS__TLS_CERT].
    #[arg(long, value_name = "FILE", help_heading = "NATS server")]
    pub tls_cert: Option<String>,

    /// The key of the client certificate [env: AEGIS_NATS__TLS_KEY].
    #[arg(long, value_name = "FILE", help_heading = "NATS server")]
    pub tls_key: Option<String>,
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
        [
            self.server.given(),
            self.transport.given(),
            self.prefix.given(),
        ]
        .concat()
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

impl TransportArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        let key = Key::Transport;
        config::flags([
            (key(TransportKey::Creds), "--creds", self.creds.as_deref()),
            (key(TransportKey::Nkey), "--nkey", self.nkey.as_deref()),
            (key(TransportKey::TlsCa), "--tls-ca", self.tls_ca.as_deref()),
            (
                key(TransportKey::TlsCert),
                "--tls-cert",
                self.tls_cert.as_deref(),
            ),
            (
                key(TransportKey::TlsKey),
                "--tls-key",
                self.tls_key.as_deref(),
            ),
        ])
    }
}

impl PrefixArgs {
    /// What was typed.
    pub(crate) fn given(&self) -> Vec<Given> {
        config::flags([(Key::Prefix, "--prefix", self.prefix.as_deref())])
    }
}
