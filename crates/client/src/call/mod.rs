//! Calling: one request to the router, its answer, and what to make of silence.

mod answer;
mod perform;
mod request;

pub use request::Request;
