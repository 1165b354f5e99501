//! What a router counts, as people and Prometheus see it.

pub mod catalogue;
#[cfg(test)]
mod page;
