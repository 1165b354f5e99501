//! What Prometheus and Grafana are given: it names what a router shows, and it rings when it should.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how a test fails, also in its harness"
)]

mod alerts;
mod expressions;
mod names;
mod prometheus;
mod router;
mod shipped;
