use std::fmt;
use std::sync::Arc;

use aegis_types::Instant;
use thiserror::Error;

/// What is true of an instance's heartbeats now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeartbeatStatus {
    /// Registered, the lease holds, and heartbeats go out by themselves.
    Running {
        /// When the router last confirmed this registration or a heartbeat of it.
        acknowledged: Instant,
        /// Heartbeats since then that were not answered.
        missed: u32,
        /// When the next one is due.
        next_due: Instant,
        /// Until when the router keeps the registration if nothing more reaches it.
        lease_until: Instant,
    },
    /// Registered and the lease holds; heartbeats are sent by hand only.
    Off {
        /// When the router last confirmed this registration or a heartbeat of it.
        acknowledged: Instant,
        /// Heartbeats since then that were not answered.
        missed: u32,
        /// Until when the router keeps the registration if nothing more reaches it.
        lease_until: Instant,
    },
    /// Not registered as far as can be known here, and trying.
    Waiting(WaitingFor),
    /// Ended: nothing more will be sent.
    Stopped(StopReason),
}

/// What an instance that is not registered waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitingFor {
    /// A connection to the broker.
    Broker,
    /// The work connection, which must hold the inbox before the instance may register.
    Inbox,
    /// A router that listens and answers.
    Router,
    /// The router's answer to a registration under way, or the moment to send it.
    Registration,
    /// A refusal to pass: typically, an earlier process still holds the instance id.
    Refusal {
        /// The wire's stable error code.
        code: Arc<str>,
        /// The router's text.
        message: Arc<str>,
    },
}

impl fmt::Display for WaitingFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitingFor::Broker => f.write_str("a connection to the broker"),
            WaitingFor::Inbox => f.write_str("the work connection to hold the inbox"),
            WaitingFor::Router => f.write_str("a router to answer"),
            WaitingFor::Registration => f.write_str("the registration to be answered"),
            WaitingFor::Refusal { code, message } => {
                write!(f, "a refusal to pass ({code}: {message})")
            }
        }
    }
}

/// Why a lifeline ended.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StopReason {
    /// It was asked to.
    #[error("deregistered on request{}", if *confirmed { "" } else { ", not confirmed by the router" })]
    Deregistered {
        /// The router said that the registration is gone, or there was none.
        confirmed: bool,
    },
    /// The router refused the registration for good.
    #[error("registration refused: {code}: {message}")]
    Refused {
        /// The wire's stable error code.
        code: Arc<str>,
        /// The router's text.
        message: Arc<str>,
    },
    /// An operator put the instance out.
    #[error("evicted by an operator: {message}")]
    Evicted {
        /// The router's text.
        message: Arc<str>,
    },
    /// A later process holds the instance id.
    #[error("replaced by a later start of this instance: {message}")]
    Replaced {
        /// The router's text.
        message: Arc<str>,
    },
}

/// Why a heartbeat asked for by hand did not renew the lease.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HeartbeatFailure {
    /// The instance is not registered at the moment.
    #[error("the instance is not registered; it waits for {0}")]
    NotRegistered(WaitingFor),
    /// No router listens.
    #[error("no router listens")]
    NoRouter,
    /// The lifeline's connection was lost before the answer came.
    #[error("the connection was lost before the router answered")]
    ConnectionLost,
    /// The router did not answer in time.
    #[error("the router did not answer in time")]
    TimedOut,
    /// The router did not know the instance; it is being registered again.
    #[error("the router did not know the instance, which now registers again")]
    UnknownInstance,
    /// The router refused it.
    #[error("the router refused it: {code}: {message}")]
    Refused {
        /// The wire's stable error code.
        code: Arc<str>,
        /// The router's text.
        message: Arc<str>,
    },
    /// The lifeline has ended.
    #[error("the instance has stopped: {0}")]
    Stopped(StopReason),
}

impl HeartbeatFailure {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            HeartbeatFailure::NotRegistered(_) => "NOT_REGISTERED",
            HeartbeatFailure::NoRouter => "NO_ROUTER",
            HeartbeatFailure::ConnectionLost => "CONNECTION_LOST",
            HeartbeatFailure::TimedOut => "TIMEOUT",
            HeartbeatFailure::UnknownInstance => "UNKNOWN_INSTANCE",
            HeartbeatFailure::Refused { .. } => "HEARTBEAT_REFUSED",
            HeartbeatFailure::Stopped(_) => "STOPPED",
        }
    }
}
