//! Settings from the environment: `AEGIS_` and the key in capitals, with `__` for each dot.

use std::ffi::{OsStr, OsString};

use super::given::{Given, unknown};
use super::key::{Key, SERVICES_TABLE};
use super::origin::Origin;
use super::problem::Problem;
use super::transport::TransportKey;

const PREFIX: &str = "AEGIS_";
const NESTING: &str = "__";

/// What other NATS tools call the address of the broker.
const NATS_URL: &str = "NATS_URL";

/// What they call the credentials file.
const NATS_CREDS: &str = "NATS_CREDS";

/// Reads the environment; what is wrong in it goes to `problems`. Variables that are set to nothing
/// are not set.
pub(super) fn read(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    problems: &mut Vec<Problem>,
) -> Vec<Given> {
    let mut given = Vec::new();
    let mut foreign = Vec::new();
    for (name, value) in variables {
        let Some(name) = name.to_str().filter(|_| !value.is_empty()) else {
            continue;
        };
        let key = match name {
            NATS_URL => Some(Key::Server),
            NATS_CREDS => Some(Key::Transport(TransportKey::Creds)),
            _ => None,
        };
        if let (Some(key), Some(text)) = (key, value.to_str()) {
            foreign.push(Given {
                key,
                text: text.to_owned(),
                origin: Origin::Environment(name.to_owned()),
            });
        } else if let Some(rest) = name.strip_prefix(PREFIX) {
            match one(name, rest, &value) {
                Some(Ok(value)) => given.push(value),
                Some(Err(problem)) => problems.push(problem),
                None => {}
            }
        }
    }
    // Last, so that they lose against our own variables.
    given.extend(foreign);
    given
}

/// A variable that begins like ours. `None`: it is somebody else's after all. Container platforms
/// set variables like `AEGIS_PORT` for a service of this name; only what looks like a misspelt
/// setting, or has our nesting, is refused.
fn one(name: &str, rest: &str, value: &OsStr) -> Option<Result<Given, Problem>> {
    let origin = Origin::Environment(name.to_owned());
    let path = path(rest);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let Some(key) = Key::of(&path) else {
        if ELSEWHERE.contains(&rest) {
            return None;
        }
        return match unknown(&path, origin) {
            Problem::UnknownKey { nearest: None, .. } if !rest.contains(NESTING) => None,
            problem => Some(Err(problem)),
        };
    };
    let Some(text) = value.to_str() else {
        return Some(Err(Problem::WrongValue {
            key: key.to_string(),
            text: "not text".to_owned(),
            origin,
            rule: "write it in UTF-8".to_owned(),
        }));
    };
    Some(Given::read(&path, text.to_owned(), origin))
}

/// Read where they are used: they say how to print, which file to read, and which program tests run.
const ELSEWHERE: [&str; 3] = ["OUTPUT", "CONFIG", "NATS_SERVER"];

/// `LIMITS__INSTANCES` leads to `limits.instances`. The name of a service is taken as it is if it
/// has a small letter, else in small letters.
fn path(rest: &str) -> Vec<String> {
    let mut path: Vec<String> = Vec::new();
    for part in rest.split(NESTING) {
        let is_service = path.len() == 1 && path.first().is_some_and(|it| it == SERVICES_TABLE);
        let as_it_is = is_service && part.bytes().any(|byte| byte.is_ascii_lowercase());
        path.push(if as_it_is {
            part.to_owned()
        } else {
            part.to_ascii_lowercase()
        });
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(name: &str, value: &str) -> (Vec<(String, String)>, Vec<String>) {
        let mut problems = Vec::new();
        let given = read([(name.into(), value.into())], &mut problems);
        (
            given
                .into_iter()
                .map(|it| (it.key.to_string(), it.text))
                .collect(),
            problems.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn names_lead_to_keys() {
        for (name, key) in [
            ("AEGIS_LEASE_TTL", "lease_ttl"),
            ("AEGIS_LIMITS__INSTANCES", "limits.instances"),
            (
                "AEGIS_SERVICES__ORDER_BOOK__POLICY",
                "services.order_book.policy",
            ),
            (
                "AEGIS_SERVICES__Orders__LEASE_TTL",
                "services.Orders.lease_ttl",
            ),
            ("NATS_URL", "server"),
            ("AEGIS_NATS", "nats.servers"),
            ("AEGIS_NATS__TLS_CA", "nats.tls_ca"),
            ("NATS_CREDS", "nats.creds"),
        ] {
            let (given, problems) = read_one(name, "x");
            assert_eq!(given, [(key.to_owned(), "x".to_owned())], "{name}");
            assert!(problems.is_empty(), "{problems:?}");
        }
    }

    #[test]
    fn what_is_misspelt_is_refused_and_what_is_not_ours_is_left_alone() {
        for name in [
            "AEGIS_LEASE_TLL",
            "AEGIS_LIMITS__COWS",
            "AEGIS_HEALTH_CHECK_INTERVAL",
        ] {
            assert_eq!(read_one(name, "x").1.len(), 1, "{name}");
        }
        for name in [
            "AEGIS_OUTPUT",
            "AEGIS_PORT_4222_TCP",
            "AEGIS_NATS_SERVER",
            "PATH",
        ] {
            assert_eq!(read_one(name, "x"), (vec![], vec![]), "{name}");
        }
        assert_eq!(read_one("AEGIS_LEASE_TTL", ""), (vec![], vec![]));
    }
}
