//! Settings and limits of one connection.

use std::time::Duration;

use aegis_nats::client::{Backoff, LinkOptions, TlsUse};
use uuid::Uuid;

use crate::{Auth, ServerAddress, TlsOptions};

/// How one connection behaves. Start from [`ConnectOptions::new`].
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Brokers of one cluster, tried in turn. With none, the connection never gets ready.
    pub servers: Vec<ServerAddress>,
    /// Who the connection says it is. Nobody by default.
    pub auth: Auth,
    /// How TLS is done, on every server. `None`, the default: with the platform's roots, where an
    /// address begins with `tls://` (then on every server of the list) or a broker insists.
    pub tls: Option<TlsOptions>,
    /// Whether servers that brokers tell of are dialled too, after those of the list. On by default.
    pub learns_servers: bool,
    /// When a broker says that it is about to stop and another server is known: how long at most to take
    /// nothing new and wait for what is in flight (requests, and whatever
    /// [holds](crate::Connection::hold) the connection) before going there. 3 s by default.
    pub leave_patience: Duration,
    /// Told to the broker, for people who look at its connections.
    pub name: String,
    /// Whether our own messages come back to our own subscriptions. On by default, as in NATS.
    pub echo: bool,
    /// How often a PING goes out; after two without any sign of the broker the socket is given up.
    /// 10 s by default.
    pub ping_interval: Duration,
    /// Longest time from the start of a dial until the broker has taken our subscriptions. 2 s by
    /// default.
    pub connect_timeout: Duration,
    /// Longest time [`close`](crate::Connection::close) waits for the broker to have read
    /// everything. 2 s by default.
    pub close_timeout: Duration,
    /// Waits between dials: full jitter, 50 ms to 2 s by default.
    pub backoff: Backoff,
    /// Most bytes that may wait to be written. 8 MiB by default.
    pub max_pending_bytes: usize,
    /// Most subscriptions. 65,536 by default.
    pub max_subscriptions: usize,
    /// Most requests that wait for a reply. 65,536 by default.
    pub max_requests: usize,
}

impl ConnectOptions {
    /// The defaults, for these servers.
    #[must_use]
    pub fn new(servers: Vec<ServerAddress>) -> Self {
        let link = LinkOptions::default();
        Self {
            servers,
            auth: Auth::None,
            tls: None,
            learns_servers: link.learns_servers,
            leave_patience: link.leave_patience,
            name: link.name,
            echo: link.echo,
            ping_interval: link.ping_interval,
            connect_timeout: link.connect_timeout,
            close_timeout: Duration::from_secs(2),
            backoff: link.backoff,
            max_pending_bytes: link.max_pending_bytes,
            max_subscriptions: link.max_subscriptions,
            max_requests: 65_536,
        }
    }

    pub(crate) fn link(&self) -> LinkOptions {
        LinkOptions {
            name: self.name.clone(),
            echo: self.echo,
            ping_interval: self.ping_interval,
            connect_timeout: self.connect_timeout,
            backoff: self.backoff,
            max_pending_bytes: self.max_pending_bytes,
            // The inbox of requests is our own and does not count.
            max_subscriptions: self.max_subscriptions.saturating_add(1),
            tls: self.tls_use(),
            has_login: self.auth.is_some() || self.has_client_certificate(),
            learns_servers: self.learns_servers,
            leave_patience: self.leave_patience,
            seed: Uuid::new_v4().as_u64_pair().1,
            ..LinkOptions::default()
        }
    }

    fn tls_use(&self) -> TlsUse {
        match &self.tls {
            Some(tls) if tls.first => TlsUse::First,
            Some(_) => TlsUse::Always,
            None if self.servers.iter().any(ServerAddress::is_tls) => TlsUse::Always,
            None => TlsUse::IfRequired,
        }
    }

    /// Brokers may take it for a login.
    fn has_client_certificate(&self) -> bool {
        let tls = self.tls.as_ref();
        tls.is_some_and(|tls| tls.client_certificate.is_some())
    }
}
