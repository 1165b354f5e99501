//! What a failed call says to people: cause, outcome, what was tried. The caller adds which call
//! it was.

use std::fmt::Write;

use aegis_core::{AttemptReport, CallFailure, CallFailureKind, Unroutable};
use aegis_types::AttemptEnd;

/// Cause, outcome and what was tried: for the log, and for callers of the first AegisIPC, who read
/// nothing but the text.
pub(crate) fn full_text(failure: &CallFailure) -> String {
    let mut text = String::new();
    if matches!(failure.kind, CallFailureKind::OutcomeUnknown { .. }) {
        text.push_str("outcome unknown: ");
    }
    text.push_str(&cause_text(failure));
    for (index, attempt) in failure.attempts.iter().enumerate() {
        text.push_str(if index == 0 { " (tried " } else { ", " });
        let _ = write!(
            text,
            "{}: {} after {} ms",
            attempt.instance,
            attempt.end.code(),
            attempt.after.as_millis()
        );
    }
    if !failure.attempts.is_empty() {
        text.push(')');
    }
    text
}

/// The cause alone: native callers get outcome and attempts as fields of their own.
pub(crate) fn cause_text(failure: &CallFailure) -> String {
    match &failure.kind {
        CallFailureKind::UnknownService => "no instance ever registered this service".to_owned(),
        CallFailureKind::UnknownMethod => {
            "no instance of the service offers this method".to_owned()
        }
        CallFailureKind::NoRoutableInstance(counts) => unroutable_text(counts),
        CallFailureKind::OutcomeUnknown { last } => unknown_text(*last, &failure.attempts),
        CallFailureKind::InvalidReply => {
            "the instance ran it and its reply cannot be understood".to_owned()
        }
        CallFailureKind::Expired => "its deadline had passed on arrival".to_owned(),
        CallFailureKind::DeadlinePassed => {
            "its deadline passed before an instance took it".to_owned()
        }
        CallFailureKind::Overloaded { limit } => format!("limit `{limit}` is reached"),
        CallFailureKind::Stopping => "the router is stopping".to_owned(),
    }
}

fn unknown_text(last: AttemptEnd, attempts: &[AttemptReport]) -> String {
    let instance = attempts
        .iter()
        .rev()
        .find(|attempt| attempt.end == last)
        .map_or("the instance", |attempt| attempt.instance.as_str());
    let cause = match last {
        AttemptEnd::ConnectionLost => "closed its connection while the call was in flight",
        AttemptEnd::BrokerLost => "had the call when the router lost its NATS server",
        AttemptEnd::RouterStopped => "had the call when the router stopped",
        AttemptEnd::InboxGone => "stopped listening while the call was in flight",
        AttemptEnd::InstanceGone => "was replaced while the call was in flight",
        _ => "did not answer before the deadline",
    };
    format!("{instance} {cause}")
}

fn unroutable_text(counts: &Unroutable) -> String {
    let mut text = format!("none of {} instances can take the call", counts.registered);
    if counts.registered == 0 {
        text = "the service has no instance now".to_owned();
    }
    let mut separator = ": ";
    for (count, why) in [
        (counts.unhealthy, "unhealthy"),
        (counts.joining, "joining"),
        (counts.unreachable, "unreachable"),
        (counts.ejected, "ejected"),
        (counts.full, "full"),
        (counts.draining, "draining"),
        (counts.excluded, "tried or excluded"),
        (counts.without_method, "without the method"),
    ] {
        if count > 0 {
            let _ = write!(text, "{separator}{count} {why}");
            separator = ", ";
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aegis_core::CallerKind;
    use aegis_types::{Incarnation, InstanceId};

    use super::*;

    fn text(kind: CallFailureKind, tried: &[(&str, AttemptEnd, u64)]) -> String {
        let attempts = tried
            .iter()
            .map(|(id, end, ms)| AttemptReport {
                instance: InstanceId::parse(id).unwrap(),
                incarnation: Incarnation::from_bits(1),
                end: *end,
                after: Duration::from_millis(*ms),
            })
            .collect();
        full_text(&CallFailure {
            kind,
            caller: CallerKind::Native,
            warming: false,
            attempts,
        })
    }

    #[test]
    fn all_texts() {
        use AttemptEnd::*;
        let counts = Unroutable {
            registered: 3,
            unhealthy: 2,
            excluded: 1,
            ..Default::default()
        };
        let texts = [
            text(CallFailureKind::UnknownService, &[]),
            text(CallFailureKind::UnknownMethod, &[]),
            text(
                CallFailureKind::NoRoutableInstance(Unroutable::default()),
                &[],
            ),
            text(
                CallFailureKind::NoRoutableInstance(counts),
                &[("a", NoResponders, 0)],
            ),
            text(
                CallFailureKind::OutcomeUnknown {
                    last: ConnectionLost,
                },
                &[("a", NoResponders, 0), ("b", ConnectionLost, 12)],
            ),
            text(
                CallFailureKind::OutcomeUnknown { last: InboxGone },
                &[("a", InboxGone, 3)],
            ),
            text(
                CallFailureKind::OutcomeUnknown { last: InstanceGone },
                &[("a", InstanceGone, 3)],
            ),
            text(
                CallFailureKind::OutcomeUnknown {
                    last: DeadlinePassed,
                },
                &[("a", DeadlinePassed, 5000)],
            ),
            text(CallFailureKind::InvalidReply, &[("a", InvalidReply, 1)]),
            text(CallFailureKind::Expired, &[]),
            text(CallFailureKind::DeadlinePassed, &[("a", Refused, 70)]),
            text(
                CallFailureKind::Overloaded {
                    limit: "calls_in_flight",
                },
                &[],
            ),
            text(CallFailureKind::Stopping, &[]),
        ];
        let expected = include_str!("failure_texts.txt");
        assert_eq!(texts.join("\n"), expected.trim_end());
    }
}
