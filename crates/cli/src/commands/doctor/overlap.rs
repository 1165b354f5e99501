//! Who else listens on our subjects. A send to an inbox that nobody has must come back as 503: that is
//! the proof that an instance never got a call. A tap or a stream there takes the proof away.

use std::time::Duration;

use aegis_types::Incarnation;
use aegis_wire::Subjects;
use serde::Deserialize;

use super::finding::Finding;
use super::probe::{Probe, Unanswered, nonce};

const CHECK: &str = "overlap";

/// Where JetStream says which streams take a subject.
const STREAM_NAMES: &str = "$JS.API.STREAM.NAMES";

/// How long a stream's word that it stored a request may take to come after the router's.
const STORED_WITHIN: Duration = Duration::from_millis(300);

/// What came back from a subject that is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Echo {
    /// Nobody listens, as it should be.
    Nobody,
    /// Somebody listens and says nothing.
    Silence,
    /// This stream stored it.
    Stream(String),
    /// Somebody answered.
    Answer,
    /// These credentials may not publish there.
    Denied,
    /// The connection was lost.
    Lost,
}

/// What was found on inboxes.
pub(super) async fn of_inboxes(probe: &Probe, subjects: &Subjects, patience: Duration) -> Finding {
    let own = nonce();
    let mut response = String::new();
    subjects.push_response(&mut response, &own, 0);
    let fresh = [
        (
            "inbox",
            subjects.inbox("aegis-doctor", &own, Incarnation::from_bits(0)),
        ),
        ("legacy inbox", subjects.legacy_inbox(&own)),
        ("response", response),
    ];
    let mut echoes = Vec::new();
    for (kind, subject) in fresh {
        echoes.push((kind, echo(probe.ask(&subject, b"", patience).await)));
    }
    let areas = ["inbox", "instance", "response"];
    let streams = streams(probe, subjects, &areas, patience).await;
    inboxes(&echoes, &streams)
}

/// What was found on requests.
pub(super) async fn of_requests(probe: &Probe, subjects: &Subjects, patience: Duration) -> Finding {
    let (own, reply) = (nonce(), probe.inbox(&nonce()));
    for subject in [
        subjects.route("aegis-doctor", &own),
        subjects.register("aegis-doctor", &own),
    ] {
        let _ = probe.connection.publish(&subject, Some(&reply), None, b"");
    }
    probe.settle().await;
    probe
        .wait(STORED_WITHIN.max(patience), |it| {
            it.heard_on(&reply)
                .iter()
                .any(|heard| stream_of(&heard.payload).is_some())
        })
        .await;
    let heard = probe.heard_on(&reply);
    let mut found: Vec<String> = heard
        .iter()
        .filter_map(|it| stream_of(&it.payload))
        .collect();
    found.extend(streams(probe, subjects, &["route", "service", "admin"], patience).await);
    found.sort();
    found.dedup();
    requests(&found)
}

/// The streams that take anything under these first tokens, as far as JetStream tells us.
async fn streams(
    probe: &Probe,
    subjects: &Subjects,
    areas: &[&str],
    patience: Duration,
) -> Vec<String> {
    let mut found = Vec::new();
    for area in areas {
        let filter = serde_json::json!({ "subject": format!("{}.{area}.>", subjects.prefix()) });
        let answer = probe
            .ask(STREAM_NAMES, filter.to_string().as_bytes(), patience)
            .await;
        let Ok(answer) = answer else {
            // No JetStream, or not for us.
            break;
        };
        let names: Names = serde_json::from_slice(&answer).unwrap_or_default();
        found.extend(names.streams.unwrap_or_default());
    }
    found.sort();
    found.dedup();
    found
}

#[derive(Default, Deserialize)]
struct Names {
    streams: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Stored {
    stream: String,
}

/// The stream that says with this that it stored a message.
fn stream_of(payload: &[u8]) -> Option<String> {
    let stored: Stored = serde_json::from_slice(payload).ok()?;
    Some(stored.stream)
}

fn echo(answer: Result<Vec<u8>, Unanswered>) -> Echo {
    match answer {
        Ok(payload) => stream_of(&payload).map_or(Echo::Answer, Echo::Stream),
        Err(Unanswered::NoResponders) => Echo::Nobody,
        Err(Unanswered::Denied) => Echo::Denied,
        Err(Unanswered::Silence) => Echo::Silence,
        Err(Unanswered::Lost) => Echo::Lost,
    }
}

/// Streams that were named count also where we may not publish.
pub(super) fn inboxes(echoes: &[(&str, Echo)], named: &[String]) -> Finding {
    let kinds = |wanted: &dyn Fn(&Echo) -> bool| -> String {
        let kinds = echoes.iter().filter(|(_, echo)| wanted(echo));
        kinds.map(|(kind, _)| *kind).collect::<Vec<_>>().join(", ")
    };
    let mut streams = named.to_vec();
    for (_, echo) in echoes {
        if let Echo::Stream(stream) = echo {
            streams.push(stream.clone());
        }
    }
    streams.sort();
    streams.dedup();
    let taps = kinds(&|echo| matches!(echo, Echo::Silence | Echo::Answer));
    let unseen = kinds(&|echo| matches!(echo, Echo::Denied | Echo::Lost));
    let cost = "a send that reaches no instance is no longer proved by 503, so calls wait where they could move on";
    let finding = if !streams.is_empty() {
        let saw = format!(
            "JetStream stores what goes to inboxes (stream {}): {cost}",
            streams.join(", ")
        );
        Finding::problem(CHECK, saw)
            .todo("take our inboxes, instances and responses out of the stream's subjects: `nats stream edit`")
    } else if !taps.is_empty() {
        Finding::problem(CHECK, format!("somebody taps inboxes nobody has ({taps}): {cost}"))
            .todo("end the subscription that covers them, such as `nats sub '>'`; watch ipc.event.> instead")
    } else if !unseen.is_empty() {
        Finding::could_not_look(
            CHECK,
            format!("these credentials may not publish there ({unseen})"),
        )
        .todo("run it once with the router's credentials")
    } else {
        Finding::ok(
            CHECK,
            "a send to an inbox that nobody has comes back at once",
        )
    };
    finding.about("inboxes")
}

/// A stream on requests answers callers before the router does.
pub(super) fn requests(streams: &[String]) -> Finding {
    let finding = if streams.is_empty() {
        Finding::ok(CHECK, "no stream answers requests")
    } else {
        let names = streams.join(", ");
        Finding::problem(
            CHECK,
            format!("JetStream stores requests (stream {names}), and its word for that reaches callers as if it were the answer"),
        )
        .todo("take our requests out of the stream's subjects (`nats stream edit`), or create it with no_ack")
    };
    finding.about("requests")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict;
    use super::*;

    #[test]
    fn whoever_listens_on_inboxes_is_a_problem() {
        let found = |echo: Echo, named: &[String]| {
            inboxes(&[("inbox", Echo::Nobody), ("response", echo)], named).verdict
        };
        let orders = "ORDERS".to_owned();
        for (echo, expected) in [
            (Echo::Nobody, Verdict::Ok),
            (Echo::Silence, Verdict::Problem),
            (Echo::Answer, Verdict::Problem),
            (Echo::Stream(orders.clone()), Verdict::Problem),
            (Echo::Denied, Verdict::CouldNotLook),
            (Echo::Lost, Verdict::CouldNotLook),
        ] {
            assert_eq!(found(echo.clone(), &[]), expected, "{echo:?}");
        }
        // Its name is known although we could not try.
        assert_eq!(
            found(Echo::Denied, std::slice::from_ref(&orders)),
            Verdict::Problem
        );
        assert_eq!(requests(&[]).verdict, Verdict::Ok);
        assert!(requests(&[orders]).saw.contains("ORDERS"));
    }

    #[test]
    fn a_streams_word_is_known_among_answers() {
        let stored = br#"{"stream":"ALL", "seq":7}"#;
        assert_eq!(stream_of(stored), Some("ALL".to_owned()));
        assert_eq!(stream_of(b"\x81\xa7success\xc2"), None);
        assert_eq!(stream_of(b""), None);
    }
}
