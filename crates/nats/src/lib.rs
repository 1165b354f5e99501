//! The NATS protocol as pure machines: codecs both ways, subjects, and the message switch.

mod local;

pub use local::{ClosedBy, LocalPeer, Message, Outbox, PeerEvent, PeerId, Publish};
