use std::time::Duration;

use super::{Ask, HeartbeatFailure, LeaseToken, StopReason, WaitingFor};

/// Everything a lifeline may ask of its shell. Each timeout is the shell's to keep: it reports
/// [`super::Silence::TimedOut`] when the span is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make sure that the inbox subscription is in force at the broker (the work connection is
    /// ready and answered a flush): an instance that registers first could be sent calls that
    /// reach nobody.
    PrepareInbox {
        /// Answer with this number.
        ask: Ask,
        /// Give up after this span.
        timeout: Duration,
    },
    /// Send a registration on the lifeline.
    Register {
        /// Answer with this number.
        ask: Ask,
        /// Give up after this span.
        timeout: Duration,
    },
    /// Send a heartbeat on the lifeline.
    Heartbeat {
        /// Answer with this number.
        ask: Ask,
        /// Of the registration it renews.
        token: LeaseToken,
        /// Give up after this span.
        timeout: Duration,
    },
    /// Send a deregistration on the lifeline.
    Deregister {
        /// Answer with this number.
        ask: Ask,
        /// Of the registration it ends.
        token: LeaseToken,
        /// Give up after this span.
        timeout: Duration,
    },
    /// Tell everybody who asked for a heartbeat by hand how it ended.
    AnswerAskers(Result<(), HeartbeatFailure>),
    /// Say, once per outage and reason, that the instance is not registered and what it waits for.
    ReportWaiting(WaitingFor),
    /// Say that the instance is registered.
    ReportRegistered {
        /// It was registered before.
        again: bool,
    },
    /// Say that the lifeline has ended. Nothing follows.
    ReportStopped(StopReason),
}
