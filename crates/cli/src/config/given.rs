//! What was said, before anybody asks whether it makes sense: one list of names, texts and places,
//! whatever the source.

use super::key::{Key, SERVICES_TABLE};
use super::origin::Origin;
use super::problem::Problem;

/// One value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// What it is for.
    pub(crate) key: Key,
    /// As written.
    pub(crate) text: String,
    /// Where.
    pub(crate) origin: Origin,
}

/// Names that the first AegisIPC gave to the interval at which it looked for expired instances.
const CHECK_INTERVALS: [&str; 2] = ["health_check_interval", "check_interval"];

impl Given {
    /// A value under a name that may be wrong.
    pub(super) fn read(path: &[&str], text: String, origin: Origin) -> Result<Self, Problem> {
        match Key::of(path) {
            Some(Key::Service(service, _))
                if aegis_types::ServiceName::check(&service).is_err() =>
            {
                Err(Problem::WrongValue {
                    key: SERVICES_TABLE.to_owned(),
                    text: format!("`{service}`"),
                    origin,
                    rule: "this cannot be the name of a service".to_owned(),
                })
            }
            Some(key) => Ok(Self { key, text, origin }),
            None => Err(unknown(path, origin)),
        }
    }
}

/// Nothing is called so.
pub(super) fn unknown(path: &[&str], origin: Origin) -> Problem {
    let key = path.join(".");
    if path
        .last()
        .is_some_and(|name| CHECK_INTERVALS.contains(name))
    {
        return Problem::CheckInterval { key, origin };
    }
    Problem::UnknownKey {
        nearest: Key::nearest(path),
        key,
        origin,
    }
}
