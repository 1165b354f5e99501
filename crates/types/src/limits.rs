//! Named maxima and defaults. Each can be refused by name: `Overloaded { limit }` or a clear
//! validation error; none of them is silently applied.

use std::time::Duration;

/// Longest service, method or instance name, in bytes after trimming.
pub const MAX_NAME_BYTES: usize = 255;

/// Deepest nesting of a MessagePack value that is accepted.
pub const MAX_VALUE_DEPTH: usize = 32;

/// Timeout of a call that names none.
pub const DEFAULT_CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// Longest timeout a call may ask for.
pub const MAX_CALL_TIMEOUT: Duration = Duration::from_secs(300);

/// Attempts of one call that may have run, unless the call says otherwise.
pub const DEFAULT_MAX_INSTANCES: u8 = 3;

/// Most attempts that may have run which a call may ask for.
pub const MAX_INSTANCES_PER_CALL: u8 = 16;

/// Span between two heartbeats, unless the service says otherwise.
pub const DEFAULT_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);

/// Shortest heartbeat interval an instance may ask for.
pub const MIN_HEARTBEAT_INTERVAL: Duration = Duration::from_millis(10);

/// Longest heartbeat interval an instance may ask for.
pub const MAX_HEARTBEAT_INTERVAL: Duration = Duration::from_secs(300);

/// How long a registration lasts without a heartbeat, unless configured otherwise.
pub const DEFAULT_LEASE_TTL: Duration = Duration::from_secs(30);

/// Longest lease TTL that may be configured.
pub const MAX_LEASE_TTL: Duration = Duration::from_secs(24 * 60 * 60);

/// A lease lasts at least this many heartbeat intervals of its instance.
pub const LEASE_INTERVALS: u32 = 3;

/// A handlers' runtime that runs later than this makes its instance used last.
pub const MAX_LAG: Duration = Duration::from_secs(1);

/// Longest encoded metadata of a registration.
pub const MAX_METADATA_BYTES: usize = 16 * 1024;

/// Most methods one registration may declare.
pub const MAX_METHODS: usize = 256;

/// Trace ids are cut to this many bytes in logs; they travel whole.
pub const MAX_LOGGED_TRACE_BYTES: usize = 128;
