//! What a run met. A table over many seeds shows what was never met: a hole in the simulator.

use std::collections::BTreeMap;
use std::fmt;

use aegis_types::{AttemptEnd, HealthReason, RetryWish, Safety, Verdict, may_be_sent_again};
use aegis_wire::ErrorCode;

use crate::faults::Fault;

/// One row: what kind of thing, and which.
type Row = (&'static str, String);

const LIFECYCLE: &str = "a change of lifecycle is announced, and no reason for a health";

/// The simulated router has its broker in itself.
const ON_NATS_ALONE: &str = "on a NATS server alone";

/// Ends of attempts that only its host on NATS servers brings about.
const ENDS_ON_NATS_ALONE: [AttemptEnd; 3] = [
    AttemptEnd::Unsent,
    AttemptEnd::BrokerLost,
    AttemptEnd::RouterStopped,
];

/// Reasons that no listing shows, or that nobody brings about.
const UNLISTED: [(HealthReason, &str); 8] = [
    (HealthReason::Deregistered, "who has left is not listed"),
    (HealthReason::Replaced, "who was replaced is not listed"),
    (HealthReason::Draining, LIFECYCLE),
    (HealthReason::Serving, LIFECYCLE),
    (HealthReason::Disconnected, ON_NATS_ALONE),
    (
        HealthReason::Drained,
        "not yet: no operator's word is drawn",
    ),
    (
        HealthReason::Undrained,
        "not yet: no operator's word is drawn",
    ),
    (
        HealthReason::Evicted,
        "not yet: no operator's word is drawn",
    ),
];

/// How often each thing happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage(BTreeMap<Row, u64>);

/// Things that the weather does to single messages and connections.
pub(crate) const WEATHER: [&str; 7] = [
    "message lost on its way in",
    "message lost on its way out",
    "message doubled on its way in",
    "message doubled on its way out",
    "message overtaken",
    "held by a partition on its way in",
    "held by a partition on its way out",
];

/// Codes that no simulated peer can bring about, and why.
const OUT_OF_REACH: [(ErrorCode, &str); 13] = [
    (ErrorCode::ValidationError, "our records are well formed"),
    (ErrorCode::SubjectMismatch, "our subjects match"),
    (ErrorCode::NotSupported, "nobody asks for roles"),
    (ErrorCode::RoleConflict, "nobody asks for roles"),
    (ErrorCode::UnknownResource, "nobody calls about resources"),
    (ErrorCode::PayloadTooLarge, ON_NATS_ALONE),
    (ErrorCode::HandlerPanicked, "said by the SDK's shell alone"),
    (ErrorCode::InternalError, "a fault of ours"),
    (
        ErrorCode::NoResponders,
        "the router listens as long as its broker runs",
    ),
    (
        ErrorCode::WrongIncarnation,
        "an inbox belongs to one incarnation",
    ),
    (ErrorCode::NotFound, "legacy heartbeats here want no answer"),
    (
        ErrorCode::RouterStopping,
        "not yet: no orderly stop is drawn",
    ),
    (ErrorCode::Evicted, "not yet: no operator's word is drawn"),
];

impl Coverage {
    pub(crate) fn count(&mut self, kind: &'static str, which: impl Into<String>) {
        self.add(kind, which, 1);
    }

    pub(crate) fn add(&mut self, kind: &'static str, which: impl Into<String>, times: u64) {
        if times > 0 {
            *self.0.entry((kind, which.into())).or_default() += times;
        }
    }

    /// Takes in what another run met.
    pub fn merge(&mut self, other: &Coverage) {
        for ((kind, which), times) in &other.0 {
            self.add(kind, which.clone(), *times);
        }
    }

    /// Rows that should be met in many seeds and were not.
    pub fn holes(&self) -> Vec<String> {
        let missing = expected().into_iter();
        let missing = missing.filter(|row| !self.0.contains_key(row));
        missing
            .map(|(kind, which)| format!("{kind}: {which}"))
            .collect()
    }
}

/// What many seeds must meet.
fn expected() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    rows.extend(Fault::ALL.map(|fault| ("fault", format!("{fault:?}"))));
    rows.extend(WEATHER.map(|weather| ("weather", weather.to_owned())));
    let reachable = ErrorCode::ALL
        .iter()
        .filter(|code| OUT_OF_REACH.iter().all(|(other, _)| other != *code));
    rows.extend(reachable.map(|code| ("code", code.text().to_owned())));
    let listed = HealthReason::ALL
        .into_iter()
        .filter(|reason| UNLISTED.iter().all(|(other, _)| other != reason));
    rows.extend(listed.map(|reason| ("health", reason.code().to_owned())));
    let ends = AttemptEnd::ALL.into_iter();
    for end in ends.filter(|end| !ENDS_ON_NATS_ALONE.contains(end)) {
        for safety in Safety::ALL {
            rows.extend(RetryWish::ALL.map(|wish| ("retry", retry_row(end, safety, wish))));
        }
    }
    rows.extend(OUTCOMES.map(|outcome| ("outcome", outcome.to_owned())));
    rows
}

/// How an act of a caller can end, as the caller sees it.
pub(crate) const OUTCOMES: [&str; 4] = ["success", "not_run", "unknown", "ran"];

/// A field of the table of what may be sent again, and what it says.
pub(crate) fn retry_row(end: AttemptEnd, safety: Safety, wish: RetryWish) -> String {
    let marked = match end {
        AttemptEnd::HandlerError { retryable: true } => " (retryable)",
        _ => "",
    };
    let then = match may_be_sent_again(end, safety, wish) {
        Verdict::Answer => "answer",
        Verdict::NextInstance { counts: false } => "next instance",
        Verdict::NextInstance { counts: true } => "next instance, counted",
    };
    format!(
        "{}{marked}, {}, {}: {then}",
        end.code(),
        safety.as_str(),
        wish.as_str()
    )
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = self.0.clone();
        for row in expected() {
            rows.entry(row).or_default();
        }
        let mut last = "";
        for ((kind, which), times) in &rows {
            if *kind != last {
                writeln!(f, "{kind}")?;
                last = kind;
            }
            let mark = if *times == 0 { "   <- never" } else { "" };
            writeln!(f, "{times:>12}  {which}{mark}")?;
        }
        writeln!(f, "out of reach")?;
        for (code, why) in OUT_OF_REACH {
            writeln!(f, "{:>12}  {}: {why}", "-", code.text())?;
        }
        for (reason, why) in UNLISTED {
            writeln!(f, "{:>12}  {}: {why}", "-", reason.code())?;
        }
        Ok(())
    }
}
