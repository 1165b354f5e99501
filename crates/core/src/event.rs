//! Everything that can happen.

use std::time::Duration;

use aegis_types::{
    Incarnation, InstanceId, Lifecycle, MethodName, ResourceId, RetryWish, Role, Safety,
    SelfReport, ServiceName,
};

use crate::keys::{AttemptNo, CallId, ConnectionId, InstanceKey};

/// Everything that can happen to the router.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// An instance asks to be registered. Answered.
    RegistrationReceived(Registration<'a>),
    /// An instance asks to be forgotten. Answered.
    DeregistrationReceived {
        /// The service it names.
        service: &'a str,
        /// The id it names.
        instance: &'a str,
        /// What it shows for itself.
        credential: Credential,
    },
    /// An instance says that it lives. Answered.
    HeartbeatReceived {
        /// The service it names.
        service: &'a str,
        /// The id it names.
        instance: &'a str,
        /// What it shows for itself.
        credential: Credential,
        /// Whether it wants work.
        lifecycle: Lifecycle,
        /// What it says of itself.
        vitals: Vitals,
        /// If nobody of that name is known, it may be taken back: a legacy instance after a
        /// restart of the router. Says whether its inbox has a subscriber.
        adopt: Option<bool>,
        /// The connection it came on, where that is known.
        connection: Option<ConnectionId>,
    },
    /// A caller wants something done. Ends in exactly one answer and one `Forget`.
    CallReceived(CallRequest<'a>),
    /// An instance answered an attempt.
    ReplyReceived {
        /// The call.
        call: CallId,
        /// The attempt it answers.
        attempt: AttemptNo,
        /// What it says.
        reply: ReplyKind,
    },
    /// The send of exactly this attempt reached nobody.
    NoResponders {
        /// The call.
        call: CallId,
        /// The attempt.
        attempt: AttemptNo,
    },
    /// Exactly this attempt was not sent.
    AttemptUnsent {
        /// The call.
        call: CallId,
        /// The attempt.
        attempt: AttemptNo,
        /// The limit of the connection that refused it. None: there is no connection, and it waits for
        /// [`Event::BrokerRegained`].
        limit: Option<&'static str>,
    },
    /// An instance answered a probe of its inbox.
    ProbeAnswered {
        /// The instance.
        instance: InstanceKey,
    },
    /// A probe of an instance's inbox reached nobody.
    ProbeUnheard {
        /// The instance.
        instance: InstanceKey,
    },
    /// An instance's inbox has a subscriber again.
    InboxGained {
        /// The instance.
        instance: InstanceKey,
    },
    /// An instance's inbox lost its last subscriber.
    InboxLost {
        /// The instance.
        instance: InstanceKey,
    },
    /// A connection ended.
    ConnectionClosed {
        /// The connection.
        connection: ConnectionId,
        /// The peer closed it, or its process is gone. Only then is it evidence.
        by_peer: bool,
    },
    /// The connection of an instance's inbox ended, a NATS server says. It may have another soon.
    Disconnected {
        /// The instance.
        instance: InstanceKey,
    },
    /// The router has lost its NATS server: it hears nobody.
    BrokerLost,
    /// It has a NATS server again. What was on its way meanwhile may be lost.
    BrokerRegained,
    /// The router takes no requests and no heartbeats for now: it is not sure that it is the one that
    /// serves, or leaves a server that is about to stop.
    Fenced,
    /// It takes them again.
    Unfenced,
    /// An operator has a word about an instance. Answered.
    OperatorAsked {
        /// The service named.
        service: &'a str,
        /// The id named.
        instance: &'a str,
        /// The word.
        word: OperatorWord,
    },
    /// The next deadline has come, or passed.
    DeadlineReached,
    /// The router is stopping: take no new work.
    ShutdownStarted,
    /// The time is over that calls in flight were given: answer those that are left.
    GraceEnded,
}

/// What an instance says when it registers.
#[derive(Clone, Debug)]
pub struct Registration<'a> {
    /// The service it offers.
    pub service: ServiceName,
    /// Its id within the service.
    pub instance: InstanceId,
    /// How it speaks.
    pub kind: RegistrationKind<'a>,
    /// The part it wants.
    pub part: Part,
    /// The heartbeat interval it keeps, if it says.
    pub heartbeat_interval: Option<Duration>,
    /// The connection it came on, where that is known.
    pub connection: Option<ConnectionId>,
}

/// The part an instance wants, or has, in a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The role; none if it named none.
    pub role: Option<Role>,
    /// The resource that the role is about. For one resource there is at most one active.
    pub resource: Option<ResourceId>,
}

/// How an instance speaks.
#[derive(Clone, Debug)]
pub enum RegistrationKind<'a> {
    /// Our SDK.
    Native {
        /// Its life.
        incarnation: Incarnation,
        /// The connection this came on closes only when the process is gone or has fenced itself.
        lifeline: bool,
        /// The methods it offers.
        methods: &'a [MethodDeclaration],
        /// The version of the service it runs.
        version: Option<&'a str>,
    },
    /// The first AegisIPC.
    Legacy,
}

/// One method, as an instance declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MethodDeclaration {
    /// Its name.
    pub name: MethodName,
    /// Whether it may run more than once.
    pub safety: Safety,
    /// How long one attempt may take, if the service knows.
    pub attempt_timeout: Option<Duration>,
}

/// What an operator wants of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorWord {
    /// No new work for it.
    Drain,
    /// Work for it again; also lets an evicted one back.
    Undrain,
    /// Out.
    Evict,
}

/// What an instance says of itself with a heartbeat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vitals {
    /// Its own word about its health.
    pub report: SelfReport,
    /// Calls it takes: those it handles at a time and those that may wait for that.
    pub capacity: Option<u32>,
    /// How late its handlers' runtime runs.
    pub lag: Duration,
}

/// What an instance shows for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The token it got at registration, and its life.
    LeaseToken {
        /// The token.
        token: u64,
        /// Its life.
        incarnation: Incarnation,
    },
    /// Nothing: the first AegisIPC has no tokens. Good for legacy instances only.
    Legacy,
}

/// What a caller wants.
#[derive(Clone, Debug)]
pub struct CallRequest<'a> {
    /// The driver's id for it.
    pub call: CallId,
    /// The service named.
    pub service: &'a str,
    /// The method named.
    pub method: &'a str,
    /// How long the caller waits, from now.
    pub timeout: Duration,
    /// What the caller says about sending it again.
    pub wish: RetryWish,
    /// How many attempts may have run.
    pub max_instances: u8,
    /// How long one attempt may take, if the caller says.
    pub attempt_timeout: Option<Duration>,
    /// Ids of instances that must not get it.
    pub excluded: &'a [&'a str],
    /// How the caller speaks.
    pub caller: CallerKind,
    /// The connection it came on, where that is known.
    pub connection: Option<ConnectionId>,
}

/// How a caller speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// Our SDK, or any client that reads our answers.
    Native,
    /// The first AegisIPC: its SDK repeats calls itself, so the router sends again on proof only.
    Legacy,
}

/// What an instance's reply says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// A result.
    Success,
    /// The handler ran and failed.
    HandlerError {
        /// The service marked it as worth another try.
        retryable: bool,
    },
    /// Refused before the handler started.
    Refused,
    /// Not to be understood.
    Invalid,
}
