use std::time::Duration;

use aegis_session::lifeline::{self, StopReason, WaitingFor};
use aegis_types::{Instant, Lifecycle};
use aegis_wire::instance::SelfReport;

/// What is true of a served instance now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServingStatus {
    /// The service.
    pub service: String,
    /// The instance.
    pub instance: String,
    /// Its registration and heartbeats.
    pub heartbeats: HeartbeatStatus,
    /// Handlers running.
    pub running: usize,
    /// Requests waiting for a handler to end.
    pub waiting: usize,
    /// What [`Serving::report`](crate::Serving::report) said last.
    pub report: SelfReport,
    /// Whether it takes work, or drains.
    pub lifecycle: Lifecycle,
}

/// What is true of an instance's registration and heartbeats now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeartbeatStatus {
    /// Registered, the lease holds, and heartbeats go out by themselves.
    Running {
        /// Since the router last confirmed the registration or a heartbeat.
        acknowledged_ago: Duration,
        /// Heartbeats since then that were not answered.
        missed: u32,
        /// Until the next one; zero while one is out longer than the interval.
        next_in: Duration,
        /// Until the router forgets the instance if nothing more reaches it.
        lease_left: Duration,
    },
    /// Registered and the lease holds; heartbeats are sent by hand only.
    Off {
        /// Since the router last confirmed the registration or a heartbeat.
        acknowledged_ago: Duration,
        /// Heartbeats since then that were not answered.
        missed: u32,
        /// Until the router forgets the instance if nothing more reaches it.
        lease_left: Duration,
    },
    /// Not registered as far as can be known here, and trying.
    Waiting(WaitingFor),
    /// Ended: nothing more will be sent.
    Stopped(StopReason),
}

impl HeartbeatStatus {
    pub(crate) fn at(now: Instant, status: lifeline::HeartbeatStatus) -> HeartbeatStatus {
        match status {
            lifeline::HeartbeatStatus::Running {
                acknowledged,
                missed,
                next_due,
                lease_until,
            } => HeartbeatStatus::Running {
                acknowledged_ago: now.saturating_since(acknowledged),
                missed,
                next_in: next_due.saturating_since(now),
                lease_left: lease_until.saturating_since(now),
            },
            lifeline::HeartbeatStatus::Off {
                acknowledged,
                missed,
                lease_until,
            } => HeartbeatStatus::Off {
                acknowledged_ago: now.saturating_since(acknowledged),
                missed,
                lease_left: lease_until.saturating_since(now),
            },
            lifeline::HeartbeatStatus::Waiting(why) => HeartbeatStatus::Waiting(why),
            lifeline::HeartbeatStatus::Stopped(reason) => HeartbeatStatus::Stopped(reason),
        }
    }

    /// Whether the instance is registered and its lease holds.
    pub const fn is_registered(&self) -> bool {
        matches!(
            self,
            HeartbeatStatus::Running { .. } | HeartbeatStatus::Off { .. }
        )
    }
}
