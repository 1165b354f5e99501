/// What a switch has done since it was made. Plain numbers: whoever owns the switch publishes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections taken.
    pub connections_opened: u64,
    /// Connections refused by a limit or a shutdown.
    pub connections_refused: u64,
    /// Of these: by [`limit::CONNECTIONS`](super::limit).
    pub connections_limited: u64,
    /// Messages clients published, those that were refused left out.
    pub messages_in: u64,
    /// Messages queued for clients.
    pub messages_out: u64,
    /// Bytes read from clients.
    pub bytes_in: u64,
    /// Bytes written to clients.
    pub bytes_out: u64,
    /// 503 answers to requests that reached nobody.
    pub no_responders: u64,
    /// Operations refused while the connection was kept.
    pub operations_refused: u64,
    /// Of these: by [`limit::SUBSCRIPTIONS`](super::limit).
    pub subscriptions_limited: u64,
    /// Connections cut for a protocol error.
    pub protocol_errors: u64,
    /// Of these: by [`limit::PAYLOAD_BYTES`](super::limit).
    pub payloads_limited: u64,
    /// Connections cut because too much waited for them.
    pub slow_consumers: u64,
    /// Of these: cut because too much waited for all connections together.
    pub evictions: u64,
    /// Turns in which a connection had more to do than its budget allows.
    pub budgets_spent: u64,
    /// Connections cut because they answered no ping.
    pub stale_connections: u64,
    /// Connections cut because they never sent `CONNECT`.
    pub connect_timeouts: u64,
}
