//! Calling: one request to the router, its answer, and what to make of silence.

mod answer;
mod origin;
mod perform;
mod request;
mod router_news;

pub(crate) use origin::Inherited;
pub use request::Request;
pub(crate) use router_news::RouterNews;
