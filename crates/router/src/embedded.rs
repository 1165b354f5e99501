//! The router inside the embedded broker: one thread, two machines, no channel between them.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aegis_broker::{
    BindError, Broker, BrokerConfig, BrokerHandle, Looker, SharedStatus, StopHandle, Stopped,
};
use aegis_core::{Config, ConfigError};
use aegis_types::Instant;
use aegis_wire::{PrefixError, Subjects};
use thiserror::Error;

use crate::metrics::{HostNumbers, MetricsSource, NoSnapshot};
use crate::{Driver, DriverOptions, EvidenceInForce, HostFacts};

/// How an embedded router runs.
#[derive(Clone, Debug)]
pub struct RouterConfig {
    /// Its broker.
    pub broker: BrokerConfig,
    /// Leases and limits.
    pub core: Config,
    /// First tokens of every subject it serves.
    pub prefix: String,
    /// Id of its data directory; empty if it has none.
    pub store: String,
}

impl Default for RouterConfig {
    fn default() -> RouterConfig {
        RouterConfig {
            broker: BrokerConfig::default(),
            core: Config::default(),
            prefix: Subjects::default().prefix().to_owned(),
            store: String::new(),
        }
    }
}

/// Why a router does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// Settings that do not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A prefix that cannot begin a subject.
    #[error("prefix: {0}")]
    Prefix(#[from] PrefixError),
    /// It cannot listen.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The operating system gives no random numbers, without which tokens could be guessed.
    #[error("the operating system gives no random numbers: {0}")]
    Chance(getrandom::Error),
    /// Its thread cannot be started.
    #[error("the router's thread cannot be started")]
    Thread(#[source] std::io::Error),
}

impl StartError {
    /// What to do, where that helps.
    pub fn hint(&self) -> Option<String> {
        match self {
            StartError::Bind(error) => error.hint().map(String::from),
            StartError::Config(ConfigError::LeaseTooShort { .. }) => {
                Some("raise the lease TTL or shorten the heartbeat interval".to_owned())
            }
            _ => None,
        }
    }
}

/// A router that listens, runs on a thread of its own and stops when dropped.
#[derive(Debug)]
pub struct RouterHandle {
    broker: BrokerHandle<Driver>,
    metrics: MetricsSource,
    router: String,
}

impl RouterHandle {
    /// Starts a router. Whoever connects once this returns is served.
    pub fn start(config: RouterConfig) -> Result<RouterHandle, StartError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(StartError::Chance)?;
        let mut driver = Driver::new(DriverOptions {
            config: config.core.checked()?,
            subjects: Subjects::new(&config.prefix)?,
            seed,
            unix_micros_at_origin: unix_micros_at_origin(),
        });
        driver.set_clock(aegis_broker::now);
        driver.set_host(HostFacts {
            evidence: EvidenceInForce::Embedded,
            store: config.store,
            since: Instant::from_origin(aegis_broker::now()),
            max_payload: Some(config.broker.switch.limits.protocol.max_payload),
        });
        let router = driver.router_id().to_owned();
        let broker = Broker::bind(config.broker, driver)?;
        let metrics = metrics(broker.looker(), broker.status());
        let broker = broker.spawn().map_err(StartError::Thread)?;
        Ok(RouterHandle {
            broker,
            metrics,
            router,
        })
    }

    /// Random id of this start.
    pub fn router_id(&self) -> &str {
        &self.router
    }

    /// Where it listens; the first is the one that was asked for.
    pub fn addresses(&self) -> &[SocketAddr] {
        self.broker.addresses()
    }

    /// What its broker does.
    pub fn status(&self) -> SharedStatus {
        self.broker.status()
    }

    /// Its numbers.
    pub fn metrics(&self) -> MetricsSource {
        self.metrics.clone()
    }

    /// Stops it from elsewhere.
    pub fn stop_handle(&self) -> StopHandle {
        self.broker.stop_handle()
    }

    /// Waits for it to end without asking it to; gives the driver back for a last look.
    pub fn join(self) -> Result<Driver, Stopped> {
        self.broker.join()
    }

    /// Takes no new work, lets calls in flight finish within the broker's grace, and ends.
    pub fn stop(self) -> Result<Driver, Stopped> {
        self.broker.stop()
    }
}

/// Copied by the broker's loop between two turns.
fn metrics(looker: Looker<Driver>, status: SharedStatus) -> MetricsSource {
    MetricsSource::new(move |within| {
        let snapshot = looker.look(within, |driver: &Driver| {
            driver.snapshot(aegis_broker::now())
        });
        let is_running = status.look().is_running;
        let snapshot = snapshot.ok_or(if is_running {
            NoSnapshot::Busy
        } else {
            NoSnapshot::NotRunning
        })?;
        Ok((snapshot, HostNumbers::Embedded(status.look())))
    })
}

/// The broker's clock has an origin of its own (the machine's start); people want dates.
pub(crate) fn unix_micros_at_origin() -> u64 {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let at_origin = since_1970.saturating_sub(aegis_broker::now());
    u64::try_from(at_origin.as_micros()).unwrap_or(u64::MAX)
}
