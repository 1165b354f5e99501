//! Settings: flags over environment over file over defaults, each with the place it came from.
//!
//! They are read twice. First everything that was said is collected as names and texts, and a name
//! that nobody knows is refused; then each text becomes a value, and the values are held against
//! each other in one place (`relations`).

mod environment;
mod file;
mod given;
mod key;
mod limit;
mod origin;
mod problem;
mod relations;
mod router;
mod shown;
mod transport;
pub(crate) mod verdict;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use aegis_router::Policy;
use aegis_types::limits;

pub(crate) use given::Given;
pub(crate) use key::Key;
pub(crate) use origin::{Origin, Setting};
pub(crate) use problem::{Problems, Report};
pub(crate) use shown::{LimitShown, Shown};
pub(crate) use transport::TransportKey;

use crate::args::duration;
use crate::args::file::FileArgs;
use crate::args::serve::DEFAULT_LISTEN;
use key::ServiceKey;
use limit::{LIMITS, Limit};
use problem::Problem;
use transport::{Servers, Transport};

/// Where a broker is unless somebody says otherwise.
const DEFAULT_SERVER: &str = "nats://127.0.0.1:4222";

/// How long commands wait unless somebody says otherwise.
const DEFAULT_TIMEOUT: Duration = limits::DEFAULT_CALL_TIMEOUT;

/// All settings, checked.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The broker that commands connect to.
    pub(crate) server: Setting<Servers>,
    /// How long commands wait for a connection and for each answer.
    pub(crate) timeout: Setting<Duration>,
    /// First token of every subject.
    pub(crate) prefix: Setting<String>,
    /// What is logged; `None`: what the command logs unasked.
    pub(crate) log: Setting<Option<String>>,
    /// Where the embedded broker listens.
    pub(crate) listen: Setting<SocketAddr>,
    /// Where `/livez` and `/readyz` are answered; `None`: at the usual place, if it is free.
    pub(crate) admin: Setting<Option<SocketAddr>>,
    /// The router's own directory; `None`: where state belongs.
    pub(crate) data_dir: Setting<Option<PathBuf>>,
    /// Heartbeat interval of instances that name none.
    pub(crate) heartbeat_interval: Setting<Duration>,
    /// How long a registration lasts without a heartbeat.
    pub(crate) lease_ttl: Setting<Duration>,
    /// Whether `/metrics` shows the names of the first AegisIPC as well.
    pub(crate) legacy_names: Setting<bool>,
    /// The NATS servers that the router runs on; `None`: on its own broker.
    nats: Setting<Option<Servers>>,
    transport: Transport,
    limits: Vec<(&'static Limit, Setting<usize>)>,
    services: BTreeMap<String, ServiceSettings>,
    /// The file that was read.
    pub(crate) file: Option<PathBuf>,
}

/// What was said of one service; what was not holds as for all.
#[derive(Debug, Default)]
struct ServiceSettings {
    heartbeat_interval: Option<Setting<Duration>>,
    lease_ttl: Option<Setting<Duration>>,
    policy: Option<Setting<Policy>>,
}

impl Settings {
    /// Reads everything there is: these flags, the environment, the file.
    ///
    /// # Errors
    /// All that is wrong, not the first thing alone.
    pub(crate) fn load(flags: Vec<Given>, file: &FileArgs) -> Result<Self, Problems> {
        let mut problems = Vec::new();
        let mut given = flags;
        given.extend(environment::read(env::vars_os(), &mut problems));
        let asked = file.config.clone().or_else(file::asked_in_environment);
        let path = if file.no_config {
            None
        } else {
            file::find(asked.as_deref())
        };
        if let Some(path) = &path {
            given.extend(file::read(path, &mut problems));
        }
        Self::of(given, path, problems)
    }

    /// Settles what was said, first things first.
    fn of(
        given: Vec<Given>,
        file: Option<PathBuf>,
        problems: Vec<Problem>,
    ) -> Result<Self, Problems> {
        let mut said = Said {
            given: BTreeMap::new(),
            problems,
        };
        for value in given {
            said.given.entry(value.key.clone()).or_insert(value);
        }
        let settings = Self {
            server: said
                .servers(&Key::Server)
                .unwrap_or_else(|| Setting::default(Servers::of(DEFAULT_SERVER))),
            timeout: said.or(&Key::Timeout, DEFAULT_TIMEOUT, duration::parse),
            prefix: said.or(&Key::Prefix, default_prefix(), prefix),
            log: said.or(&Key::Log, None, |text| Ok(Some(text.to_owned()))),
            listen: said.or(&Key::Listen, DEFAULT_LISTEN, address),
            admin: said.or(&Key::Admin, None, |text| address(text).map(Some)),
            data_dir: said.or(&Key::DataDir, None, |text| Ok(Some(PathBuf::from(text)))),
            heartbeat_interval: said.or(
                &Key::HeartbeatInterval,
                limits::DEFAULT_HEARTBEAT_INTERVAL,
                duration::parse,
            ),
            lease_ttl: said.or(&Key::LeaseTtl, limits::DEFAULT_LEASE_TTL, duration::parse),
            legacy_names: said.or(&Key::LegacyNames, false, yes_or_no),
            nats: match said.servers(&Key::Nats) {
                Some(Setting { value, origin }) => Setting {
                    value: Some(value),
                    origin,
                },
                None => Setting::default(None),
            },
            transport: Transport::read(&mut said),
            limits: LIMITS
                .iter()
                .map(|limit| (limit, said.or(&Key::Limit(limit), limit.default(), count)))
                .collect(),
            services: said.services(),
            file,
        };
        relations::check(&settings, &mut said.problems);
        if said.problems.is_empty() {
            Ok(settings)
        } else {
            Err(Problems(said.problems))
        }
    }
}

/// Everything that was said, the winner of each key, and what is wrong with it.
struct Said {
    given: BTreeMap<Key, Given>,
    problems: Vec<Problem>,
}

impl Said {
    fn or<T>(
        &mut self,
        key: &Key,
        default: T,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Setting<T> {
        self.one(key, parse)
            .unwrap_or_else(|| Setting::default(default))
    }

    /// The value of a key, if there is one. A wrong one is noted, and there is none.
    fn one<T>(
        &mut self,
        key: &Key,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<Setting<T>> {
        let given = self.given.get(key)?;
        match parse(&given.text) {
            Ok(value) => Some(Setting {
                value,
                origin: given.origin.clone(),
            }),
            Err(rule) => {
                // An address may hold a password.
                let text = match key {
                    Key::Server | Key::Nats => "not an address".to_owned(),
                    _ => format!("`{}`", given.text),
                };
                self.problems.push(Problem::WrongValue {
                    key: key.to_string(),
                    text,
                    origin: given.origin.clone(),
                    rule,
                });
                None
            }
        }
    }

    /// Servers, which may say who connects if they come from the right place.
    fn servers(&mut self, key: &Key) -> Option<Setting<Servers>> {
        let origin = self.given.get(key)?.origin.clone();
        self.one(key, |text| Servers::read(text, &origin))
    }

    fn services(&mut self) -> BTreeMap<String, ServiceSettings> {
        let keys: Vec<Key> = self.given.keys().cloned().collect();
        let mut services: BTreeMap<String, ServiceSettings> = BTreeMap::new();
        for key in keys {
            let Key::Service(name, of_service) = &key else {
                continue;
            };
            let service = services.entry(name.clone()).or_default();
            match of_service {
                ServiceKey::HeartbeatInterval => {
                    service.heartbeat_interval = self.one(&key, duration::parse);
                }
                ServiceKey::LeaseTtl => service.lease_ttl = self.one(&key, duration::parse),
                ServiceKey::Policy => service.policy = self.one(&key, policy),
            }
        }
        services
    }
}

fn default_prefix() -> String {
    aegis_wire::Subjects::default().prefix().to_owned()
}

fn prefix(text: &str) -> Result<String, String> {
    match aegis_wire::Subjects::new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads an address with its port.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    SocketAddr::from_str(text)
        .map_err(|_| "write an address with its port, such as `127.0.0.1:4222`".to_owned())
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("zero would refuse everything; write 1 or more".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("write a whole number, 1 or more".to_owned()),
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "write true or false".to_owned())
}

fn policy(text: &str) -> Result<Policy, String> {
    Policy::from_word(text).ok_or_else(|| "write `round_robin` or `least_in_flight`".to_owned())
}

/// The text of a flag that is read as a setting: refused early if it cannot be one.
pub(crate) fn checked<T>(
    parse: impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
) -> impl Fn(&str) -> Result<String, String> + Clone + Send + Sync + 'static {
    move |text| parse(text).map(|_| text.to_owned())
}

/// The flags that were typed, as values of their keys.
pub(crate) fn flags<'a>(
    typed: impl IntoIterator<Item = (Key, &'static str, Option<&'a str>)>,
) -> Vec<Given> {
    let given = |(key, flag, text): (Key, &'static str, Option<&str>)| {
        Some(Given {
            key,
            text: text?.to_owned(),
            origin: Origin::Flag(flag),
        })
    };
    typed.into_iter().filter_map(given).collect()
}
