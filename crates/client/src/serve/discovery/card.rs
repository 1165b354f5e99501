//! What is answered, as ADR-32 wants it. Pure: names in, JSON out.

use std::collections::BTreeMap;

use aegis_wire::{REQUEST_QUEUE, Subjects};
use semver::Version;
use serde::Serialize;

use super::stats::Snapshot;
use crate::serve::Identity;

const PING: &str = "io.nats.micro.v1.ping_response";
const INFO: &str = "io.nats.micro.v1.info_response";
const STATS: &str = "io.nats.micro.v1.stats_response";

const DESCRIPTION: &str = "served by AegisIPC";

/// The version of a service that names none.
const NO_VERSION: &str = "0.0.0";

type Metadata = BTreeMap<&'static str, String>;

/// What an instance tells about itself. Names of services and instances are strict tokens, which is
/// what ADR-32 wants of them.
#[derive(Serialize)]
pub(crate) struct Card {
    name: String,
    id: String,
    version: String,
    metadata: Metadata,
    #[serde(skip)]
    started: String,
    #[serde(skip)]
    endpoints: Vec<Endpoint>,
}

/// A method.
#[derive(Serialize)]
struct Endpoint {
    /// ADR-32 allows `A-Z a-z 0-9 _ -`: any other character of a method's name becomes `_`.
    name: String,
    subject: String,
    queue_group: &'static str,
    metadata: Metadata,
    #[serde(skip)]
    method: String,
}

#[derive(Serialize)]
struct Pinged<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    card: &'a Card,
}

#[derive(Serialize)]
struct Informed<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    card: &'a Card,
    description: &'static str,
    endpoints: &'a [Endpoint],
}

#[derive(Serialize)]
struct Counted<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    card: &'a Card,
    started: &'a str,
    endpoints: Vec<EndpointStats<'a>>,
}

#[derive(Serialize)]
struct EndpointStats<'a> {
    name: &'a str,
    subject: &'a str,
    queue_group: &'static str,
    num_requests: u64,
    num_errors: u64,
    last_error: String,
    /// Nanoseconds of all handlers together.
    processing_time: u64,
    /// Nanoseconds of one handler, on average.
    average_processing_time: u64,
}

impl Card {
    /// `methods` as names and their safety; `started` in RFC 3339.
    pub(crate) fn new<'a>(
        subjects: &Subjects,
        identity: &Identity,
        version: Option<&str>,
        methods: impl Iterator<Item = (&'a str, &'static str)>,
        started: String,
    ) -> Card {
        let name = identity.service.as_str();
        let endpoint = |(method, safety): (&str, &str)| Endpoint {
            name: method.replace(|c: char| !is_allowed(c), "_"),
            subject: subjects.route(name, method),
            queue_group: REQUEST_QUEUE,
            metadata: Metadata::from([
                ("method", method.to_owned()),
                ("safety", safety.to_owned()),
            ]),
            method: method.to_owned(),
        };
        Card {
            name: name.to_owned(),
            id: identity.instance.as_str().to_owned(),
            version: semantic(version),
            metadata: Metadata::from([("incarnation", identity.incarnation.to_string())]),
            started,
            endpoints: methods.map(endpoint).collect(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn ping(&self) -> Vec<u8> {
        let (kind, card) = (PING, self);
        json(&Pinged { kind, card })
    }

    pub(super) fn info(&self) -> Vec<u8> {
        json(&Informed {
            kind: INFO,
            card: self,
            description: DESCRIPTION,
            endpoints: &self.endpoints,
        })
    }

    /// With what `counted` says of each method.
    pub(super) fn stats(&self, counted: impl Fn(&str) -> Option<Snapshot>) -> Vec<u8> {
        let endpoint = |endpoint: &'_ Endpoint| counted(&endpoint.method).unwrap_or_default();
        let counts = self.endpoints.iter().map(endpoint);
        let endpoints = self.endpoints.iter().zip(counts);
        json(&Counted {
            kind: STATS,
            card: self,
            started: &self.started,
            endpoints: endpoints
                .map(|(endpoint, counts)| endpoint.with(counts))
                .collect(),
        })
    }
}

impl Endpoint {
    fn with(&self, counts: Snapshot) -> EndpointStats<'_> {
        let (requests, took) = (counts.durations.count(), counts.durations.sum());
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        EndpointStats {
            name: &self.name,
            subject: &self.subject,
            queue_group: self.queue_group,
            num_requests: requests,
            num_errors: counts.errors,
            last_error: counts.last_error,
            processing_time: nanos,
            average_processing_time: nanos / requests.max(1),
        }
    }
}

const fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// ADR-32 wants a semantic version. Any other text goes behind one: `2024.1` is `0.0.0-v2024-1`.
fn semantic(version: Option<&str>) -> String {
    match version {
        None | Some("") => NO_VERSION.to_owned(),
        Some(version) if Version::parse(version).is_ok() => version.to_owned(),
        Some(other) => {
            let word = other.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
            format!("{NO_VERSION}-v{word}")
        }
    }
}

/// Maps with string keys, texts and numbers: serde_json writes them all.
fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
