use std::time::Duration;

use crate::codec::Limits;

/// What a switch is and how much it takes.
#[derive(Clone, Debug)]
pub struct SwitchConfig {
    /// Random per start; clients see it in `INFO`.
    pub server_id: String,
    /// A name for people.
    pub server_name: String,
    /// The address clients reach it on.
    pub host: String,
    /// The port clients reach it on.
    pub port: u16,
    /// Seeds the hashing of subjects and the picks in queue groups. Take it from the operating
    /// system where strangers may connect: whoever knows it can make subjects collide.
    pub seed: u64,
    /// How much it takes.
    pub limits: SwitchLimits,
    /// Silence after which a connection is pinged.
    pub ping_interval: Duration,
    /// Pings in a row that may stay unanswered; after one more interval the connection is cut as
    /// stale.
    pub max_missed_pings: u32,
    /// How long a connection may take to send `CONNECT`. Until then it may already send messages,
    /// as on a nats-server without authentication.
    pub connect_timeout: Duration,
}

impl Default for SwitchConfig {
    fn default() -> SwitchConfig {
        SwitchConfig {
            server_id: String::new(),
            server_name: String::from("aegis"),
            host: String::from("127.0.0.1"),
            port: 0,
            seed: 0,
            limits: SwitchLimits::default(),
            ping_interval: Duration::from_secs(10),
            max_missed_pings: 2,
            connect_timeout: Duration::from_secs(2),
        }
    }
}

/// Every limit of a switch.
#[derive(Clone, Copy, Debug)]
pub struct SwitchLimits {
    /// Control line and payload.
    pub protocol: Limits,
    /// Connections at a time.
    pub max_connections: usize,
    /// Subscriptions of one connection.
    pub max_subscriptions: usize,
    /// Bytes waiting to be written to one connection. Who lets more pile up is a slow consumer and
    /// is cut off. Should exceed the largest message.
    pub max_pending: usize,
    /// Bytes waiting to be written to all connections together. Over it, the connection for which
    /// most waits is cut off as a slow consumer and what waits for it is dropped. Should exceed
    /// `max_pending`.
    pub max_pending_total: usize,
    /// What one connection may have done in one turn: one for each operation it sends and for each
    /// delivery these cause. Whoever sent more goes on in the next turn, after everybody else had
    /// theirs and after what is done was written: a small budget lets whoever gets the first of
    /// many messages begin with them while the rest is still worked on.
    pub turn_budget: usize,
}

impl Default for SwitchLimits {
    fn default() -> SwitchLimits {
        SwitchLimits {
            protocol: Limits::default(),
            max_connections: 65_536,
            max_subscriptions: 1_000,
            max_pending: 8 * 1024 * 1024,
            max_pending_total: 512 * 1024 * 1024,
            turn_budget: 64,
        }
    }
}
