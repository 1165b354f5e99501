//! Reliable delivery as the first AegisIPC knows it: acks, and the fate of a message.
//!
//! Reliable calls come later. Until then the router refuses them, and publishes the ack for which
//! the caller's SDK waits even after an error: without it, that error would be reported only after
//! several time-outs.

mod ack;
mod refused;
mod status;

pub use ack::Ack;
pub use refused::{encode_ack_response_refusal, encode_message_status_refusal};
pub use status::MessageStatusRequest;
