//! What a router tells everyone: changes of instances and of its own trust in what it sees.
//!
//! Events are for watching. They are published once and may be lost with a connection, so whoever
//! keeps a picture from them lists anew after a gap. Words are texts, not enums: a later router may
//! know more of them, and a watcher shows what it does not know.

mod instance_event;
mod presence;
mod router_event;

pub use instance_event::InstanceEvent;
pub use presence::Presence;
pub use router_event::RouterEvent;
