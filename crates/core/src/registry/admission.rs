//! May this registration take this id? Pure rules, no effects.

use aegis_plants::Plant;
use aegis_types::{HealthReason, Incarnation, Instant};

use super::{Instance, Kind};
use crate::effect::RegistrationRefusal;
use crate::event::RegistrationKind;

/// What to do with a registration under an id that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// The same life again: renew it.
    Renew,
    /// A new life after one that is gone: replace it.
    TakeOver,
    /// Refuse.
    Refuse(RegistrationRefusal),
}

/// Source: wire.md A3.
///
/// A native holder is replaced by a greater incarnation once it is proven gone or its lease is
/// over. A legacy holder, which has no incarnation, is replaced once its heartbeats' connection was
/// closed by its peer, its inbox lost its last subscriber, or its heartbeats are two intervals
/// overdue.
///
/// A real NATS server tells of no lifeline that closed, and a process that was restarted must not wait for
/// its lease: there a holder is replaced as well when a send to it reached nobody, or its connection
/// ended, and it has given no sign of life since. For roles that proves nothing.
pub(super) fn admit(
    now: Instant,
    holder: &Instance,
    asker: &RegistrationKind<'_>,
    hears_of_interest: bool,
) -> Admission {
    if let RegistrationKind::Native { incarnation, .. } = asker
        && !hears_of_interest
        && holder.is_lost()
        && *incarnation > holder.incarnation
    {
        return Admission::TakeOver;
    }
    match (holder.kind, asker) {
        (Kind::Native { .. }, RegistrationKind::Native { incarnation, .. }) => {
            admit_native(holder, *incarnation)
        }
        (Kind::Native { .. }, RegistrationKind::Legacy) => {
            take_over_if(holder.evidence.gone.is_some())
        }
        (Kind::Legacy { heartbeats_lost }, _) => take_over_if(
            heartbeats_lost
                || holder.evidence.gone.is_some()
                || holder.evidence.unreachable == Some(HealthReason::InboxGone)
                || !hears_of_interest && holder.is_lost()
                || holder.is_overdue(now),
        ),
    }
}

fn admit_native(holder: &Instance, incarnation: Incarnation) -> Admission {
    if incarnation == holder.incarnation {
        Admission::Renew
    } else if incarnation > holder.incarnation && Plant::LivingHolderReplaced.is_sown() {
        Admission::TakeOver
    } else if incarnation < holder.incarnation && !Plant::OlderIncarnationAdmitted.is_sown() {
        Admission::Refuse(RegistrationRefusal::StaleIncarnation {
            current: holder.incarnation,
        })
    } else {
        take_over_if(holder.evidence.gone.is_some())
    }
}

fn take_over_if(gone: bool) -> Admission {
    if gone {
        Admission::TakeOver
    } else {
        Admission::Refuse(RegistrationRefusal::DuplicateInstance)
    }
}
