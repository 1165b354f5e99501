//! Settings as people look at them.

use std::net::SocketAddr;

use serde::Serialize;
use utoipa::ToSchema;

use super::Settings;
use super::key::{Key, ServiceKey};
use super::limit::Limit;
use super::origin::{Origin, Setting};
use super::verdict::Accepted;
use crate::args::serve::DEFAULT_ADMIN;
use crate::printer::Row;

/// One setting. Field names are stable.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Setting)]
pub(crate) struct Shown {
    /// Its name in the configuration file.
    key: String,
    /// What holds; never a secret.
    value: String,
    /// `flag`, `environment`, `file` or `default`.
    source: &'static str,
    /// The flag, the variable, or file and line.
    place: Option<String>,
}

/// One limit. Field names are stable.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Limit)]
pub(crate) struct LimitShown {
    /// As in `limits.NAME` of the configuration, and in the refusal of what is over it.
    name: &'static str,
    /// What holds.
    value: u64,
    /// What holds if nobody says anything.
    default: u64,
    /// `flag`, `environment`, `file` or `default`.
    source: &'static str,
}

impl Shown {
    fn new(key: &Key, value: impl Into<String>, origin: &Origin) -> Self {
        Self {
            key: key.to_string(),
            value: value.into(),
            source: origin.source(),
            place: origin.place(),
        }
    }
}

impl Settings {
    /// All settings, for whoever judges them without running anything.
    pub(super) fn accepted(&self) -> Vec<Accepted> {
        let accepted = |shown: Shown| Accepted {
            key: shown.key,
            value: shown.value,
            source: shown.source,
        };
        self.shown().into_iter().map(accepted).collect()
    }

    /// All settings, the plain ones first.
    pub(crate) fn shown(&self) -> Vec<Shown> {
        let mut all: Vec<Shown> = Key::all().map(|key| self.one_shown(&key)).collect();
        for (name, service) in &self.services {
            let key = |key| Key::Service(name.clone(), key);
            let span = |of, setting: &Setting<_>| {
                Shown::new(&key(of), format!("{:?}", setting.value), &setting.origin)
            };
            let interval = service.heartbeat_interval.as_ref();
            all.extend(interval.map(|it| span(ServiceKey::HeartbeatInterval, it)));
            all.extend(
                service
                    .lease_ttl
                    .as_ref()
                    .map(|it| span(ServiceKey::LeaseTtl, it)),
            );
            let policy = service.policy.as_ref();
            all.extend(
                policy
                    .map(|it| Shown::new(&key(ServiceKey::Policy), it.value.as_str(), &it.origin)),
            );
        }
        all
    }

    /// The limits of a router, in the order of the settings.
    pub(crate) fn limits_shown(&self) -> Vec<LimitShown> {
        let shown = |(limit, setting): &(&'static Limit, Setting<usize>)| LimitShown {
            name: limit.name,
            value: setting.value as u64,
            default: limit.default() as u64,
            source: setting.origin.source(),
        };
        self.limits.iter().map(shown).collect()
    }

    fn one_shown(&self, key: &Key) -> Shown {
        match key {
            Key::Server => Shown::new(key, self.server.value.to_string(), &self.server.origin),
            Key::Timeout => span(key, &self.timeout),
            Key::Prefix => Shown::new(key, &*self.prefix.value, &self.prefix.origin),
            Key::Log => {
                let value = self.log.value.as_deref();
                let unsaid = "info for programs that stay, else warn";
                Shown::new(key, value.unwrap_or(unsaid), &self.log.origin)
            }
            Key::Listen => Shown::new(key, self.listen.value.to_string(), &self.listen.origin),
            Key::Admin => Shown::new(key, admin(self.admin.value), &self.admin.origin),
            Key::DataDir => {
                let value = match &self.data_dir.value {
                    Some(path) => path.display().to_string(),
                    None => crate::settings::default_data_dir()
                        .map_or_else(|| "none".to_owned(), |path| path.display().to_string()),
                };
                Shown::new(key, value, &self.data_dir.origin)
            }
            Key::HeartbeatInterval => span(key, &self.heartbeat_interval),
            Key::LeaseTtl => span(key, &self.lease_ttl),
            Key::LegacyNames => {
                let of = &self.legacy_names;
                Shown::new(key, of.value.to_string(), &of.origin)
            }
            Key::Nats => {
                let value = match &self.nats.value {
                    Some(servers) => servers.to_string(),
                    None => "none: the router runs on its own broker".to_owned(),
                };
                Shown::new(key, value, &self.nats.origin)
            }
            Key::Transport(of) => {
                let (value, origin) = self.transport.shown(*of);
                Shown::new(key, value, origin)
            }
            Key::Limit(limit) => match self.limits.iter().find(|(known, _)| known == limit) {
                Some((_, setting)) => Shown::new(key, setting.value.to_string(), &setting.origin),
                None => Shown::new(key, limit.default().to_string(), &Origin::Default),
            },
            Key::Service(..) => Shown::new(key, "", &Origin::Default),
        }
    }
}

fn span(key: &Key, setting: &Setting<std::time::Duration>) -> Shown {
    Shown::new(key, format!("{:?}", setting.value), &setting.origin)
}

fn admin(address: Option<SocketAddr>) -> String {
    match address {
        Some(address) => address.to_string(),
        None => format!("{DEFAULT_ADMIN}, if it is free"),
    }
}

impl Row for Shown {
    const HEADER: &'static [&'static str] = &["KEY", "VALUE", "FROM"];

    fn cells(&self) -> Vec<String> {
        let place = self.place.as_deref().unwrap_or(self.source);
        vec![self.key.clone(), self.value.clone(), place.to_owned()]
    }
}
