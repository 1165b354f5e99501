//! The names of all settings: one spelling for the file, the environment and every message.

use std::fmt;

use super::limit::{LIMITS, Limit};
use super::transport::TransportKey;

/// What a value is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// The broker that commands connect to.
    Server,
    /// How long commands wait for a connection and for each answer.
    Timeout,
    /// First token of every subject.
    Prefix,
    /// What is logged.
    Log,
    /// Where the embedded broker listens.
    Listen,
    /// Where `/livez` and `/readyz` are answered.
    Admin,
    /// The router's own directory.
    DataDir,
    /// Heartbeat interval of instances that name none.
    HeartbeatInterval,
    /// How long a registration lasts without a heartbeat.
    LeaseTtl,
    /// Whether `/metrics` shows the names of the first AegisIPC as well: `metrics.legacy_names`.
    LegacyNames,
    /// The NATS servers that the router runs on, in place of its own broker: `nats.servers`, or `nats`
    /// alone.
    Nats,
    /// How to get to a NATS server: `nats.NAME`.
    Transport(TransportKey),
    /// How much the router and its broker take: `limits.NAME`.
    Limit(&'static Limit),
    /// What holds for the instances of one service: `services.NAME.KEY`.
    Service(String, ServiceKey),
}

/// What can be set for one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServiceKey {
    /// Heartbeat interval of its instances that name none.
    HeartbeatInterval,
    /// How long their registrations last without a heartbeat.
    LeaseTtl,
    /// How one of them is picked for a call.
    Policy,
}

/// The table of everything about NATS servers.
pub(crate) const NATS_TABLE: &str = "nats";
/// The name of the servers in it.
const NATS_SERVERS: &str = "servers";
/// The table of everything about metrics.
pub(crate) const METRICS_TABLE: &str = "metrics";
/// The name of its only key.
const LEGACY_NAMES: &str = "legacy_names";
/// The table of all limits.
pub(crate) const LIMITS_TABLE: &str = "limits";
/// The table of all services.
pub(crate) const SERVICES_TABLE: &str = "services";

/// The plain keys, in the order in which they are shown.
const PLAIN: [Key; 11] = [
    Key::Server,
    Key::Timeout,
    Key::Prefix,
    Key::Log,
    Key::Listen,
    Key::Admin,
    Key::DataDir,
    Key::HeartbeatInterval,
    Key::LeaseTtl,
    Key::LegacyNames,
    Key::Nats,
];

impl ServiceKey {
    /// All of them.
    const ALL: [Self; 3] = [Self::HeartbeatInterval, Self::LeaseTtl, Self::Policy];

    fn name(self) -> &'static str {
        match self {
            Self::HeartbeatInterval => "heartbeat_interval",
            Self::LeaseTtl => "lease_ttl",
            Self::Policy => "policy",
        }
    }
}

impl Key {
    /// The key that these names lead to.
    pub(crate) fn of(path: &[&str]) -> Option<Self> {
        match path {
            [METRICS_TABLE, LEGACY_NAMES] => Some(Self::LegacyNames),
            [NATS_TABLE] | [NATS_TABLE, NATS_SERVERS] => Some(Self::Nats),
            [NATS_TABLE, name] => {
                let mut all = TransportKey::ALL.into_iter();
                all.find(|key| key.name() == *name).map(Self::Transport)
            }
            [name] => PLAIN.into_iter().find(|key| key.to_string() == *name),
            [LIMITS_TABLE, name] => {
                let found = LIMITS.iter().find(|limit| limit.name == *name);
                found.map(Self::Limit)
            }
            [SERVICES_TABLE, service, name] => {
                let found = ServiceKey::ALL.into_iter().find(|key| key.name() == *name);
                Some(Self::Service((*service).to_owned(), found?))
            }
            _ => None,
        }
    }

    /// The plain keys and the limits: all that have a default.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let transport = TransportKey::ALL.into_iter().map(Self::Transport);
        let limits = LIMITS.iter().map(Self::Limit);
        PLAIN.into_iter().chain(transport).chain(limits)
    }

    /// The known key that `path` is most likely meant to be.
    pub(crate) fn nearest(path: &[&str]) -> Option<String> {
        let typed = path.join(".");
        let last = path.last()?;
        let mut known: Vec<String> = Self::all().map(|key| key.to_string()).collect();
        if let [SERVICES_TABLE, service, ..] = path {
            known.extend(
                ServiceKey::ALL.map(|key| Self::Service((*service).to_owned(), key).to_string()),
            );
        }
        // Right name, wrong table; else the fewest wrong letters, if they are few.
        let moved = known
            .iter()
            .find(|name| name.rsplit('.').next() == Some(*last));
        let typo = || {
            let distance = |name: &&String| strsim::damerau_levenshtein(name, &typed);
            known
                .iter()
                .min_by_key(distance)
                .filter(|name| distance(name) <= allowed_typos(name))
        };
        moved.or_else(typo).cloned()
    }
}

/// A third of the letters, at most three: more is another word.
fn allowed_typos(name: &str) -> usize {
    (name.len() / 3).min(3)
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Server => "server",
            Self::Timeout => "timeout",
            Self::Prefix => "prefix",
            Self::Log => "log",
            Self::Listen => "listen",
            Self::Admin => "admin",
            Self::DataDir => "data_dir",
            Self::HeartbeatInterval => "heartbeat_interval",
            Self::LeaseTtl => "lease_ttl",
            Self::LegacyNames => return write!(out, "{METRICS_TABLE}.{LEGACY_NAMES}"),
            Self::Nats => return write!(out, "{NATS_TABLE}.{NATS_SERVERS}"),
            Self::Transport(key) => return write!(out, "{NATS_TABLE}.{}", key.name()),
            Self::Limit(limit) => return write!(out, "{LIMITS_TABLE}.{}", limit.name),
            Self::Service(service, key) => {
                return write!(out, "{SERVICES_TABLE}.{}.{}", quoted(service), key.name());
            }
        };
        out.write_str(name)
    }
}

/// A name as TOML wants it.
fn quoted(name: &str) -> String {
    if aegis_types::is_strict_token(name) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_under_its_name() {
        for key in Key::all() {
            let name = key.to_string();
            let path: Vec<&str> = name.split('.').collect();
            assert_eq!(Key::of(&path), Some(key));
        }
        assert_eq!(Key::of(&["nats"]), Some(Key::Nats));
        let policy = Key::of(&["services", "a.b", "policy"]).unwrap();
        assert_eq!(policy.to_string(), "services.\"a.b\".policy");
    }

    #[test]
    fn what_is_nearly_a_key_is_named() {
        let nearest = |path: &[&str]| Key::nearest(path);
        assert_eq!(nearest(&["lease_tll"]).as_deref(), Some("lease_ttl"));
        assert_eq!(nearest(&["router", "listen"]).as_deref(), Some("listen"));
        assert_eq!(nearest(&["instances"]).as_deref(), Some("limits.instances"));
        assert_eq!(
            nearest(&["services", "orders", "polcy"]).as_deref(),
            Some("services.orders.policy")
        );
        assert_eq!(nearest(&["creds"]).as_deref(), Some("nats.creds"));
        assert_eq!(nearest(&["colour"]), None);
    }
}
