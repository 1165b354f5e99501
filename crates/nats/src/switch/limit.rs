//! The limits that refuse or cut off somebody, by the names under which they are set and counted.

/// Connections at a time.
pub const CONNECTIONS: &str = "connections";
/// Subscriptions of one connection.
pub const SUBSCRIPTIONS: &str = "subscriptions_per_connection";
/// Bytes of the longest message.
pub const PAYLOAD_BYTES: &str = "payload_bytes";
/// Bytes that may wait to be written to one connection.
pub const PENDING_BYTES: &str = "pending_bytes";
/// Bytes that may wait to be written to all connections together.
pub const PENDING_BYTES_TOTAL: &str = "pending_bytes_total";
