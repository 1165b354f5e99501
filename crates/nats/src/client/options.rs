//! Settings and limits of the client.

use std::time::Duration;

use super::Backoff;

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
        }
    }
}
