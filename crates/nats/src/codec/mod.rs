//! The NATS client protocol in both directions: bytes to operations and back.
//!
//! The decoders are resumable and borrow: they look at every byte once, keep no copy, and hand
//! out slices of the caller's buffer. The caller owns the buffer and drops what was consumed.
//!
//! What is refused follows nats-server 2.15 with a few places where we are stricter: a publish to
//! a wildcard, a subject that is not UTF-8 or holds control characters, and a malformed header
//! block never pass, since a client library behind us would drop its connection over them.

mod client_op;
pub mod encode;
mod error;
mod framing;
pub mod headers;
mod info;
mod server_op;
#[cfg(test)]
mod tests;

pub use client_op::{ClientOp, ClientOpDecoder};
pub use error::{DecodeError, ProtocolError, Refusal};
pub use headers::{is_valid_block, status_code};
pub use info::{ConnectInfo, ServerInfo};
pub use server_op::{ServerOp, ServerOpDecoder};

/// Longest control line nats-server takes, and ours unless configured otherwise.
pub const DEFAULT_MAX_CONTROL_LINE: usize = 4096;

/// Largest payload nats-server takes, headers included, and ours unless configured otherwise.
pub const DEFAULT_MAX_PAYLOAD: usize = 1024 * 1024;

/// How much a decoder lets the other side make it wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a control line, without its line end.
    pub max_control_line: usize,
    /// Bytes of headers and body together.
    pub max_payload: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_control_line: DEFAULT_MAX_CONTROL_LINE,
            max_payload: DEFAULT_MAX_PAYLOAD,
        }
    }
}
