use std::collections::HashMap;
use std::time::Duration;

use aegis_types::limits;
use thiserror::Error;

use crate::limit;
use crate::routing::Policy;

/// Checked settings of the router machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Heartbeat interval assumed for instances that name none.
    pub heartbeat_interval: Duration,
    /// How long a registration lasts without a heartbeat; at least
    /// [`limits::LEASE_INTERVALS`] intervals of the instance.
    pub lease_ttl: Duration,
    /// An unhealthy instance is removed after this many of its lease TTLs.
    pub removal_ttls: u32,
    /// What differs for single services.
    pub services: HashMap<String, ServiceSettings>,
    /// The host says when an inbox gains or loses its subscriber. A real NATS server does not: there
    /// legacy instances in doubt are asked as native ones are.
    pub hears_of_interest: bool,
    /// Most services known at once.
    pub max_services: usize,
    /// Most instances registered at once.
    pub max_instances: usize,
    /// Most calls in flight at once.
    pub max_calls_in_flight: usize,
    /// Most calls that one connection may wait for at once.
    pub max_calls_per_caller: usize,
    /// Most attempts in flight on an instance that did not say how much it can take.
    pub max_calls_per_instance: usize,
    /// Registrations that one connection may make at once.
    pub registration_burst: usize,
    /// Span in which one more registration of a connection comes back.
    pub registration_every: Duration,
    /// Most different methods of one service.
    pub max_methods_per_service: usize,
}

/// What differs for one service; what is not said is as for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceSettings {
    /// The heartbeat interval its instances are told to keep.
    pub heartbeat_interval: Option<Duration>,
    /// How long a registration lasts without a heartbeat.
    pub lease_ttl: Option<Duration>,
    /// How an instance is chosen.
    pub policy: Policy,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            heartbeat_interval: limits::DEFAULT_HEARTBEAT_INTERVAL,
            lease_ttl: limits::DEFAULT_LEASE_TTL,
            removal_ttls: 10,
            services: HashMap::new(),
            hears_of_interest: true,
            max_services: 65_536,
            max_instances: 1_000_000,
            max_calls_in_flight: 65_536,
            max_calls_per_caller: 1_000,
            max_calls_per_instance: 256,
            registration_burst: 10_000,
            registration_every: Duration::from_millis(100),
            max_methods_per_service: 1_024,
        }
    }
}

/// A method's key within its service has 16 bits.
const MAX_METHOD_KEYS: usize = 1 << 16;

/// Settings that do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A lease must outlast a few heartbeats, or one lost message is a death.
    #[error(
        "lease TTL {lease_ttl:?} is less than {times} heartbeat intervals of {heartbeat_interval:?}",
        times = limits::LEASE_INTERVALS
    )]
    LeaseTooShort {
        /// The lease TTL given.
        lease_ttl: Duration,
        /// The heartbeat interval given.
        heartbeat_interval: Duration,
    },
    /// An interval outside what the router can keep.
    #[error("heartbeat interval {0:?} is not between {min:?} and {max:?}",
        min = limits::MIN_HEARTBEAT_INTERVAL, max = limits::MAX_HEARTBEAT_INTERVAL)]
    IntervalOutOfRange(Duration),
    /// A lease that long is a registration for ever.
    #[error("lease TTL {0:?} is more than {max:?}", max = limits::MAX_LEASE_TTL)]
    LeaseTooLong(Duration),
    /// More than the machine can count.
    #[error("limit `{limit}` is {value}, and at most {max}")]
    LimitTooHigh {
        /// The limit.
        limit: &'static str,
        /// The value given.
        value: usize,
        /// The highest one.
        max: usize,
    },
    /// A limit of zero would refuse everything.
    #[error("limit `{0}` must be at least 1")]
    LimitIsZero(&'static str),
}

impl Config {
    /// Checks that the settings hold together.
    pub fn checked(self) -> Result<Config, ConfigError> {
        let intervals = limits::MIN_HEARTBEAT_INTERVAL..=limits::MAX_HEARTBEAT_INTERVAL;
        if !intervals.contains(&self.heartbeat_interval) {
            return Err(ConfigError::IntervalOutOfRange(self.heartbeat_interval));
        }
        if self.lease_ttl < self.heartbeat_interval * limits::LEASE_INTERVALS {
            return Err(ConfigError::LeaseTooShort {
                lease_ttl: self.lease_ttl,
                heartbeat_interval: self.heartbeat_interval,
            });
        }
        if self.lease_ttl > limits::MAX_LEASE_TTL {
            return Err(ConfigError::LeaseTooLong(self.lease_ttl));
        }
        for settings in self.services.values() {
            if let Some(interval) = settings.heartbeat_interval
                && !intervals.contains(&interval)
            {
                return Err(ConfigError::IntervalOutOfRange(interval));
            }
            if let Some(lease_ttl) = settings.lease_ttl
                && lease_ttl > limits::MAX_LEASE_TTL
            {
                return Err(ConfigError::LeaseTooLong(lease_ttl));
            }
        }
        if self.max_methods_per_service > MAX_METHOD_KEYS {
            return Err(ConfigError::LimitTooHigh {
                limit: limit::METHODS_PER_SERVICE,
                value: self.max_methods_per_service,
                max: MAX_METHOD_KEYS,
            });
        }
        for (limit, value) in [
            (limit::SERVICES, self.max_services),
            (limit::INSTANCES, self.max_instances),
            (limit::CALLS_IN_FLIGHT, self.max_calls_in_flight),
            (limit::CALLS_PER_CALLER, self.max_calls_per_caller),
            (limit::CALLS_PER_INSTANCE, self.max_calls_per_instance),
            (limit::REGISTRATIONS_PER_CONNECTION, self.registration_burst),
            (limit::METHODS_PER_SERVICE, self.max_methods_per_service),
            ("removal_ttls", self.removal_ttls as usize),
        ] {
            if value == 0 {
                return Err(ConfigError::LimitIsZero(limit));
            }
        }
        Ok(self)
    }

    /// The heartbeat interval of an instance that asks for this one: the service's setting, else
    /// what it asks for, kept within what the router can keep.
    pub(crate) fn interval_for(&self, service: &str, asked: Option<Duration>) -> Duration {
        let set = self
            .services
            .get(service)
            .and_then(|set| set.heartbeat_interval);
        set.or(asked).map_or(self.heartbeat_interval, |asked| {
            asked.clamp(
                limits::MIN_HEARTBEAT_INTERVAL,
                limits::MAX_HEARTBEAT_INTERVAL,
            )
        })
    }

    /// The lease TTL of an instance with this heartbeat interval: the setting, and at least three
    /// intervals.
    pub(crate) fn lease_ttl_for(&self, service: &str, interval: Duration) -> Duration {
        let set = self.services.get(service).and_then(|set| set.lease_ttl);
        set.unwrap_or(self.lease_ttl)
            .max(interval * limits::LEASE_INTERVALS)
    }

    /// How an instance of a service is chosen.
    pub(crate) fn policy_of(&self, service: &str) -> Policy {
        if self.services.is_empty() {
            return Policy::default();
        }
        self.services
            .get(service)
            .map_or_else(Policy::default, |set| set.policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_both_values() {
        let config = Config {
            lease_ttl: Duration::from_secs(14),
            ..Config::default()
        };
        assert_eq!(
            config.checked().unwrap_err().to_string(),
            "lease TTL 14s is less than 3 heartbeat intervals of 5s"
        );
        let config = Config {
            max_instances: 0,
            ..Config::default()
        };
        assert_eq!(config.checked(), Err(ConfigError::LimitIsZero("instances")));
        let config = Config {
            max_methods_per_service: MAX_METHOD_KEYS + 1,
            ..Config::default()
        };
        assert_eq!(
            config.checked().unwrap_err().to_string(),
            "limit `methods_per_service` is 65537, and at most 65536"
        );
        let config = Config {
            lease_ttl: limits::MAX_LEASE_TTL + Duration::from_secs(1),
            ..Config::default()
        };
        assert!(matches!(
            config.checked(),
            Err(ConfigError::LeaseTooLong(_))
        ));
        assert!(Config::default().checked().is_ok());
    }

    #[test]
    fn a_lease_lasts_at_least_three_intervals() {
        let config = Config::default();
        assert_eq!(
            config.lease_ttl_for("any", Duration::from_secs(1)),
            Duration::from_secs(30)
        );
        assert_eq!(
            config.lease_ttl_for("any", Duration::from_secs(20)),
            Duration::from_secs(60)
        );
    }
}
