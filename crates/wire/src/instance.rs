//! What instances tell the router about themselves: registration, deregistration, heartbeats.
//!
//! Each request comes in a legacy and a native form; `incarnation` makes it native. Names of
//! native instances must be strict tokens, since they become tokens of refined subjects.

mod heartbeat;
mod heartbeat_reply;
mod lease_token;
mod register;
mod register_reply;
mod unregister;

#[cfg(test)]
mod tests;

pub use aegis_types::{Role, SelfReport};
pub use heartbeat::{HeartbeatRequest, NativeHeartbeat};
pub use heartbeat_reply::{HeartbeatRefusal, HeartbeatReply, Renewal};
pub use lease_token::LeaseToken;
pub use register::{MethodDeclaration, NativeRegistration, RegisterRequest};
pub use register_reply::{LeaseGrant, RegisterReply, Registered};
pub use unregister::{NativeUnregister, UnregisterReply, UnregisterRequest, encode_unregistered};
