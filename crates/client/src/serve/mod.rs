//! Serving: what a service declares, and what happens to each request that reaches its inbox.
//!
//! A message comes on the work connection's task, is admitted or refused there, and its handler
//! runs on the user's runtime, with a task to itself while it runs. Registration and heartbeats are the
//! [lifeline](crate::lifeline)'s and never wait for any of this.

mod context;
mod discovery;
mod handler_error;
mod inboxes;
mod job;
mod leaving;
mod letter;
mod method;
mod moving;
mod reply;
mod served;
mod service;
mod serving;
mod status;
mod word;
mod workers;

pub use context::Context;
pub use handler_error::HandlerError;
pub(crate) use inboxes::Inboxes;
pub(crate) use letter::{Letter, Span};
pub(crate) use reply::INVALID_PARAMS;
pub(crate) use served::{Identity, Served};
pub use service::{DEFAULT_DRAIN_TIMEOUT, Service};
pub use serving::Serving;
pub(crate) use serving::serve;
pub use status::{HeartbeatStatus, ServingStatus};
pub(crate) use word::Word;
