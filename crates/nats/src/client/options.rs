//! Settings and limits of the client.

use std::time::Duration;

use super::Backoff;

/// When the link asks its host for TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsUse {
    /// Never: the host cannot do it. A broker that insists is refused.
    #[default]
    Never,
    /// Where the broker insists.
    IfRequired,
    /// Always, after the broker's greeting. A broker that cannot is refused.
    Always,
    /// Always, before the broker's greeting, where the broker is set up so.
    First,
}

/// How one logical connection behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkOptions {
    /// Told to the broker, for people who look at its connections.
    pub name: String,
    /// Whether the broker sends our own messages back to our own subscriptions.
    pub echo: bool,
    /// How often a PING goes out.
    pub ping_interval: Duration,
    /// PINGs that go out without anything coming back before the socket is given up, one interval
    /// after the last of them.
    pub max_silent_pings: u32,
    /// Longest time from the start of a dial until the broker has taken our subscriptions.
    pub connect_timeout: Duration,
    /// Waits between dials.
    pub backoff: Backoff,
    /// Most bytes that may wait to be written. Publishes and subscriptions over it are refused.
    pub max_pending_bytes: usize,
    /// Most subscriptions.
    pub max_subscriptions: usize,
    /// When a socket is upgraded to TLS.
    pub tls: TlsUse,
    /// Whether the host has something to say about who we are: it is then asked for a
    /// [`Login`](super::Login) on each socket.
    pub has_login: bool,
    /// Whether servers that brokers tell of are dialled as well, after those that the host named.
    pub learns_servers: bool,
    /// When a broker says that it is leaving and another one is known: how long at most its clients
    /// spread out before they go.
    pub leave_jitter: Duration,
    /// And how long at most a client then takes nothing new and waits for what is in flight. Less than
    /// the time that callers usually give a call, so that one that has to wait for it is not lost.
    pub leave_patience: Duration,
    /// Where the spreading starts from: different for each client.
    pub seed: u64,
}

impl Default for LinkOptions {
    fn default() -> Self {
        Self {
            name: String::new(),
            echo: true,
            ping_interval: Duration::from_secs(10),
            max_silent_pings: 2,
            connect_timeout: Duration::from_secs(2),
            backoff: Backoff::default(),
            max_pending_bytes: 8 * 1024 * 1024,
            max_subscriptions: 65_536,
            tls: TlsUse::default(),
            has_login: false,
            learns_servers: true,
            leave_jitter: Duration::from_millis(500),
            leave_patience: Duration::from_secs(3),
            seed: 0,
        }
    }
}
