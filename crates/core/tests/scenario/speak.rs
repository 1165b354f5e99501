//! Effects, in words.

use aegis_core::{
    AttemptReport, CallFailure, CallFailureKind, Effect, HealthChange, OperatorAnswer, Unroutable,
};
use aegis_types::{AttemptEnd, Health};

use super::words::spell;
use super::world::World;

pub(crate) fn effect(world: &World, effect: &Effect) -> String {
    let instance = |key| world.name_of(key);
    let call = |id| world.name_of_call(id);
    match effect {
        Effect::AdmitRegistration {
            instance: key,
            lease_token,
            lease_ttl,
            joining,
        } => format!(
            "admit {} token={} lease={}{}",
            instance(*key),
            world.name_of_token(*lease_token),
            spell(*lease_ttl),
            if *joining { ", joining" } else { "" }
        ),
        Effect::HoldRegistration { instance: key } => {
            format!("hold registration of {}", instance(*key))
        }
        Effect::RefuseHeldRegistration {
            instance: key,
            refusal,
        } => format!("refuse held registration of {}: {refusal}", instance(*key)),
        Effect::RefuseRegistration(why) => format!("refuse registration: {why}"),
        Effect::ConfirmDeregistration { known: true } => "confirm deregistration".to_owned(),
        Effect::ConfirmDeregistration { known: false } => {
            "confirm deregistration: was not known".to_owned()
        }
        Effect::RefuseDeregistration(why) => format!("refuse deregistration: {why}"),
        Effect::ConfirmHeartbeat {
            lease_ttl,
            next_interval,
        } => format!(
            "confirm heartbeat lease={} next={}",
            spell(*lease_ttl),
            spell(*next_interval)
        ),
        Effect::RefuseHeartbeat(why) => format!("refuse heartbeat: {why}"),
        Effect::Send {
            call: id,
            attempt,
            instance: key,
            deadline,
        } => format!(
            "send {}#{} to {} until +{}",
            call(*id),
            attempt.0,
            instance(*key),
            spell(deadline.since_origin())
        ),
        Effect::PassReply {
            call: id,
            attempt,
            instance,
        } => format!("pass reply of {}#{} by {instance}", call(*id), attempt.0),
        Effect::PassError { call: id, attempts } => {
            format!("pass error of {}{}", call(*id), tried(attempts))
        }
        Effect::KeepError { call: id } => format!("keep error of {}", call(*id)),
        Effect::PassKeptError { call: id, attempts } => {
            format!("pass kept error of {}{}", call(*id), tried(attempts))
        }
        Effect::Fail { call: id, failure } => format!("fail {}: {}", call(*id), fail(failure)),
        Effect::Forget(id) => format!("forget {}", call(*id)),
        Effect::Probe { instance: key } => format!("probe {}", instance(*key)),
        Effect::Announce(change) => announce(change),
        Effect::ReportBeats {
            instance: key,
            beats,
            silent,
        } => format!(
            "heartbeats of {} {} after {}",
            instance(*key),
            beats.as_str(),
            spell(*silent)
        ),
        Effect::AnswerOperator(OperatorAnswer::UnknownInstance) => {
            "answer operator: unknown instance".to_owned()
        }
        Effect::AnswerOperator(OperatorAnswer::Done { health, held }) => format!(
            "answer operator: {}{}",
            health.map_or("not registered", Health::as_str),
            if *held { ", held" } else { "" }
        ),
        Effect::Adopt { instance: key } => format!("adopt {}", instance(*key)),
        Effect::AnnounceTrust(change) => format!(
            "trust {} -> {} ({}) {} live, {} silent",
            change.from.as_str(),
            change.to.as_str(),
            change.reason.code(),
            change.live,
            change.silent
        ),
        Effect::Remove { instance: key } => format!("remove {}", instance(*key)),
    }
}

fn announce(change: &HealthChange) -> String {
    let word = |health: Option<Health>| health.map_or("nothing", Health::as_str);
    let mut line = format!(
        "announce {}/{} {} -> {}",
        change.service,
        change.instance,
        word(change.from),
        word(change.to)
    );
    if let Some(reason) = change.reason {
        line.push_str(&format!(" ({reason})"));
    }
    if change.from == change.to {
        line.push_str(match change.routable {
            true => ", routable",
            false => ", not routable",
        });
    }
    if change.in_flight > 0 {
        line.push_str(&format!(" in_flight={}", change.in_flight));
    }
    line
}

fn fail(failure: &CallFailure) -> String {
    kind(&failure.kind) + &tried(&failure.attempts)
}

fn tried(attempts: &[AttemptReport]) -> String {
    attempts
        .iter()
        .map(|attempt| {
            format!(
                ", {} {} after {}",
                attempt.instance,
                end(attempt.end),
                spell(attempt.after)
            )
        })
        .collect()
}

fn end(end: AttemptEnd) -> &'static str {
    match end {
        AttemptEnd::HandlerError { retryable: true } => "handler_error(retryable)",
        other => other.code(),
    }
}

fn kind(kind: &CallFailureKind) -> String {
    match kind {
        CallFailureKind::UnknownService => "unknown_service".to_owned(),
        CallFailureKind::UnknownMethod => "unknown_method".to_owned(),
        CallFailureKind::NoRoutableInstance(counts) => {
            format!("no_routable_instance [{}]", unroutable(counts))
        }
        CallFailureKind::OutcomeUnknown { last } => format!("outcome_unknown ({})", end(*last)),
        CallFailureKind::InvalidReply => "invalid_reply".to_owned(),
        CallFailureKind::Expired => "expired".to_owned(),
        CallFailureKind::DeadlinePassed => "deadline passed".to_owned(),
        CallFailureKind::Overloaded { limit } => format!("overloaded ({limit})"),
        CallFailureKind::Stopping => "stopping".to_owned(),
    }
}

fn unroutable(counts: &Unroutable) -> String {
    let mut text = format!("{} registered", counts.registered);
    for (count, word) in [
        (counts.unhealthy, "unhealthy"),
        (counts.joining, "joining"),
        (counts.unreachable, "unreachable"),
        (counts.ejected, "ejected"),
        (counts.full, "full"),
        (counts.draining, "draining"),
        (counts.excluded, "excluded"),
        (counts.without_method, "without method"),
    ] {
        if count > 0 {
            text.push_str(&format!(", {count} {word}"));
        }
    }
    text
}
