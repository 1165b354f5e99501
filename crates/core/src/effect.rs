//! Everything the driver may be asked to do.

use std::time::Duration;

use aegis_types::{Health, HealthReason, Incarnation, InstanceId, Instant, ServiceName};
use thiserror::Error;

use crate::delivery::{AttemptReport, CallFailure};
use crate::health::{Beats, TrustReason, TrustState};
use crate::keys::{AttemptNo, CallId, InstanceKey};

/// Everything the driver may be asked to do. At most 48 bytes; what is rare is boxed.
#[derive(Debug)]
pub enum Effect {
    /// Tell the asker, now or one that waited, that it is registered.
    AdmitRegistration {
        /// Its key from now on.
        instance: InstanceKey,
        /// What it must show from now on. Never logged.
        lease_token: u64,
        /// How long the registration lasts without a heartbeat.
        lease_ttl: Duration,
        /// Its inbox has not answered the welcome probe yet: no call goes to it.
        joining: bool,
    },
    /// Keep the asker waiting: an `AdmitRegistration` or `RefuseHeldRegistration` of this instance
    /// follows. Who asked before for the same instance waits no more.
    HoldRegistration {
        /// Its key from now on.
        instance: InstanceKey,
    },
    /// Tell whoever waits for the registration of this instance that it is not registered.
    RefuseHeldRegistration {
        /// Its key until now.
        instance: InstanceKey,
        /// Why.
        refusal: RegistrationRefusal,
    },
    /// Tell the asker that it is not registered.
    RefuseRegistration(RegistrationRefusal),
    /// Tell the asker that it is forgotten, or was never known.
    ConfirmDeregistration {
        /// Whether it was registered.
        known: bool,
    },
    /// Tell the asker that it stays registered.
    RefuseDeregistration(DeregistrationRefusal),
    /// Tell the asker that its lease is renewed.
    ConfirmHeartbeat {
        /// How long from now.
        lease_ttl: Duration,
        /// When the next heartbeat is expected.
        next_interval: Duration,
    },
    /// Tell the asker that its lease is not renewed.
    RefuseHeartbeat(HeartbeatRefusal),
    /// A legacy instance was taken back without asking: keep what a registration would keep.
    Adopt {
        /// Its key from now on.
        instance: InstanceKey,
    },
    /// Tell the operator what came of it.
    AnswerOperator(OperatorAnswer),
    /// Send a call to an instance.
    Send {
        /// The call.
        call: CallId,
        /// Which sending this is.
        attempt: AttemptNo,
        /// To whom.
        instance: InstanceKey,
        /// After this the handler need not start.
        deadline: Instant,
    },
    /// Give the caller the result in hand.
    PassReply {
        /// The call.
        call: CallId,
        /// Which sending it answers.
        attempt: AttemptNo,
        /// Who answered. By name: it may have departed, and this was its last work.
        instance: InstanceId,
    },
    /// Give the caller the handler's error in hand.
    PassError {
        /// The call.
        call: CallId,
        /// Every attempt, in order.
        attempts: Vec<AttemptReport>,
    },
    /// Keep the handler's error in hand: it is the answer unless another instance does better.
    KeepError {
        /// The call.
        call: CallId,
    },
    /// Give the caller the handler's error that was kept.
    PassKeptError {
        /// The call.
        call: CallId,
        /// Every attempt, in order.
        attempts: Vec<AttemptReport>,
    },
    /// Tell the caller that there is no result, and why.
    Fail {
        /// The call.
        call: CallId,
        /// Why.
        failure: Box<CallFailure>,
    },
    /// Drop everything held for a call: it has had its answer, or its caller is gone.
    Forget(CallId),
    /// Ask an instance, on its inbox, whether it is there.
    Probe {
        /// The instance.
        instance: InstanceKey,
    },
    /// Tell people that an instance's health changed, the main reason for it, or whether calls go to it.
    Announce(Box<HealthChange>),
    /// Tell the log how an instance's heartbeats come from now on.
    ReportBeats {
        /// The instance.
        instance: InstanceKey,
        /// How they come.
        beats: Beats,
        /// For how long nothing was heard; of heartbeats that arrive again, the gap before this one.
        silent: Duration,
    },
    /// Tell people that the router trusts its own view more or less than before.
    AnnounceTrust(Box<TrustChange>),
    /// Drop everything held for an instance: nothing will name it again.
    Remove {
        /// The instance.
        instance: InstanceKey,
    },
}

/// A change of an instance, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthChange {
    /// The service.
    pub service: ServiceName,
    /// The instance.
    pub instance: InstanceId,
    /// Its life.
    pub incarnation: Incarnation,
    /// Before; nothing for a new instance.
    pub from: Option<Health>,
    /// Now; nothing once it is removed.
    pub to: Option<Health>,
    /// Why.
    pub reason: Option<HealthReason>,
    /// For how long nothing was heard of it.
    pub silent: Duration,
    /// Attempts in flight on it at that moment.
    pub in_flight: u32,
    /// Whether calls go to it now.
    pub routable: bool,
}

/// A change of the router's trust in its own view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustChange {
    /// Before.
    pub from: TrustState,
    /// Now.
    pub to: TrustState,
    /// Why.
    pub reason: TrustReason,
    /// Instances that are not gone.
    pub live: usize,
    /// Of these: silent for most of their lease.
    pub silent: usize,
}

/// Why a registration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RegistrationRefusal {
    /// Another process holds the id and is not proven gone.
    #[error("the instance id is in use by a process that is not proven gone")]
    DuplicateInstance,
    /// A later life of this instance is registered.
    #[error(
        "a later start of this instance (incarnation {current}) is registered: the clock stepped back"
    )]
    StaleIncarnation {
        /// The registered life.
        current: Incarnation,
    },
    /// Another instance is active for the resource, and is not gone.
    #[error("the resource already has an active instance")]
    RoleConflict {
        /// That instance.
        active: InstanceKey,
    },
    /// An operator put this life out.
    #[error("an operator put this instance out")]
    Evicted,
    /// A limit is reached.
    #[error("too many: limit `{limit}` is reached")]
    Overloaded {
        /// The named limit.
        limit: &'static str,
    },
    /// The router takes no new work.
    #[error("the router is stopping")]
    Stopping,
}

/// Why a heartbeat was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeartbeatRefusal {
    /// Nobody of that name: register again.
    #[error("unknown instance: register again")]
    UnknownInstance,
    /// A later life of this instance is registered.
    #[error("a later start of this instance is registered")]
    StaleIncarnation,
    /// The token is not the one given at registration.
    #[error("wrong lease token")]
    WrongToken,
    /// An operator put this life out: stop serving.
    #[error("an operator put this instance out")]
    Evicted,
}

/// What came of an operator's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorAnswer {
    /// It is done.
    Done {
        /// The instance's health; none if it is not registered.
        health: Option<Health>,
        /// Whether it is kept from new work by an operator.
        held: bool,
    },
    /// Nobody of that name.
    UnknownInstance,
}

/// Why a deregistration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DeregistrationRefusal {
    /// A later life of this instance is registered.
    #[error("a later start of this instance is registered")]
    StaleIncarnation,
    /// The token is not the one given at registration.
    #[error("wrong lease token")]
    WrongToken,
}

#[cfg(test)]
mod tests {
    #[test]
    fn effects_stay_small() {
        assert!(
            size_of::<super::Effect>() <= 48,
            "{}",
            size_of::<super::Effect>()
        );
    }
}
