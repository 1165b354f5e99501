//! Calling: one request to the router, its answer, and what to make of silence.

mod answer;
mod origin;
mod perform;
mod request;

pub(crate) use origin::Inherited;
pub use request::Request;
