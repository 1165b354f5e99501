//! The router as a state machine.
//!
//! [`Router::handle`] takes what happened and the time at which it happened, and leaves what must
//! be done in a list of [`Effect`]s. [`Router::next_deadline`] says when it wants to hear
//! [`Event::DeadlineReached`]. That is the whole contract with whoever drives it:
//!
//! 1. time never runs backwards between two calls;
//! 2. effects are carried out in order, before the next event;
//! 3. effects that answer "the asker" belong to the event just handled;
//! 4. a [`CallId`] is the driver's: it makes one per [`Event::CallReceived`] and may use it again
//!    only after [`Effect::Forget`].
//!
//! It has never heard of subjects, bytes or NATS, holds no clock and no lock, and draws its chance
//! from a seed. One `handle` does bounded work: a timer event takes at most
//! [`MAX_DUE_PER_EVENT`] deadlines of each kind and leaves [`Router::next_deadline`] in the past if more are due.
//!
//! What always holds is listed in `invariants.rs` and checked after every event in tests and in
//! the simulator.

mod admin;
mod config;
mod deadlines;
mod delivery;
mod effect;
mod event;
mod health;
mod invariants;
mod keys;
pub mod limit;
pub mod metrics;
mod registry;
mod router;
pub mod routing;

pub use admin::{InstanceView, MethodView, ServiceView};
pub use config::{Config, ConfigError, ServiceSettings};
pub use deadlines::MAX_DUE_PER_EVENT;
pub use delivery::{AttemptEnds, AttemptReport, CallFailure, CallFailureKind, Unroutable};
pub use effect::{
    DeregistrationRefusal, Effect, HealthChange, HeartbeatRefusal, OperatorAnswer,
    RegistrationRefusal, TrustChange,
};
pub use event::{
    CallRequest, CallerKind, Credential, Event, MethodDeclaration, OperatorWord, Part,
    Registration, RegistrationKind, ReplyKind, Vitals,
};
pub use health::{Beats, TrustReason, TrustState};
pub use keys::{AttemptNo, CallId, ConnectionId, InstanceKey};
pub use router::{Counters, Router};
