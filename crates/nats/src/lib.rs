//! The NATS protocol as pure machines: codecs both ways, subjects, and the message switch.

pub mod client;
pub mod codec;
mod local;
pub mod subject;
pub mod switch;

pub use local::{ClosedBy, LocalPeer, Message, Outbox, PeerEvent, PeerId, Publish};
