use std::sync::Arc;
use std::time::Duration;

use super::LeaseToken;

/// Number of one request of the machine. An answer that carries an older number is stale.
pub type Ask = u64;

/// Everything that can happen to a lifeline.
///
/// Every effect with an [`Ask`] is answered once by the event of the same name and number; answers
/// to questions that no longer matter are counted and dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The lifeline's connection to the broker is up.
    Connected,
    /// The lifeline's connection to the broker was lost.
    ConnectionLost,
    /// The work connection was asked whether its subscription to the inbox is in force.
    InboxPrepared {
        /// Of [`super::Effect::PrepareInbox`].
        ask: Ask,
        /// Whether it is.
        ready: bool,
    },
    /// A registration ended.
    RegisterAnswered {
        /// Of [`super::Effect::Register`].
        ask: Ask,
        /// How.
        answer: RegisterAnswer,
    },
    /// A heartbeat ended.
    HeartbeatAnswered {
        /// Of [`super::Effect::Heartbeat`].
        ask: Ask,
        /// How.
        answer: HeartbeatAnswer,
    },
    /// A deregistration ended, whichever way.
    DeregisterAnswered {
        /// Of [`super::Effect::Deregister`].
        ask: Ask,
        /// Whether the router confirmed it.
        confirmed: bool,
    },
    /// Somebody wants a heartbeat sent now, after this event: one that is out already does not do,
    /// since it says what was true before. Who asked is answered once.
    HeartbeatAsked,
    /// The user wants the instance gone.
    DeregisterAsked,
    /// Time passed: [`super::Lifeline::next_deadline`] may have come.
    TimerFired,
}

/// How a registration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterAnswer {
    /// The router took it.
    Accepted {
        /// How long it lasts without a heartbeat.
        lease_ttl: Duration,
        /// Proof of holding it, needed on every later request of this registration.
        token: LeaseToken,
    },
    /// The router refused it.
    Refused {
        /// The wire's stable error code.
        code: Arc<str>,
        /// The router's text.
        message: Arc<str>,
        /// Asking again later may be answered otherwise: the old holder of the id is still alive.
        retryable: bool,
    },
    /// Nothing came back from a router.
    Unanswered(Silence),
}

/// How a heartbeat ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeartbeatAnswer {
    /// The lease was renewed.
    Renewed {
        /// How long it lasts from now on.
        lease_ttl: Duration,
        /// The interval the router wants from now on, if it has an opinion.
        next_interval: Option<Duration>,
    },
    /// The router does not know this instance: it restarted, or forgot it.
    UnknownInstance,
    /// An operator put the instance out: it must not come back by itself.
    Evicted {
        /// The router's text.
        message: Arc<str>,
    },
    /// A later incarnation holds the id.
    StaleIncarnation {
        /// The router's text.
        message: Arc<str>,
    },
    /// Refused for another reason.
    Refused {
        /// The wire's stable error code.
        code: Arc<str>,
        /// The router's text.
        message: Arc<str>,
    },
    /// Nothing came back from a router.
    Unanswered(Silence),
}

/// Why nothing came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silence {
    /// 503: no router listens.
    NoRouter,
    /// The connection was lost, or was not there.
    ConnectionLost,
    /// It took too long.
    TimedOut,
}
