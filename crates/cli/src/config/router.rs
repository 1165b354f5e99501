//! Settings as the router and its broker take them.

use aegis_broker::BrokerConfig;
use aegis_router::RouterConfig;

use super::Settings;
use super::limit::CONNECTIONS;
use super::origin::Origin;

impl Settings {
    /// How the router runs.
    pub(crate) fn router(&self) -> RouterConfig {
        let mut config = RouterConfig {
            prefix: self.prefix.value.clone(),
            ..RouterConfig::default()
        };
        config.broker.listen = self.listen.value;
        config.core.heartbeat_interval = self.heartbeat_interval.value;
        config.core.lease_ttl = self.lease_ttl.value;
        for (limit, setting) in &self.limits {
            limit.set(&mut config, setting.value);
            if limit.name == CONNECTIONS {
                config.broker.is_max_connections_asked_for = setting.origin != Origin::Default;
            }
        }
        for (name, said) in &self.services {
            let service = config.core.services.entry(name.clone()).or_default();
            service.heartbeat_interval = said.heartbeat_interval.as_ref().map(|it| it.value);
            service.lease_ttl = said.lease_ttl.as_ref().map(|it| it.value);
            if let Some(policy) = &said.policy {
                service.policy = policy.value;
            }
        }
        config
    }

    /// How the embedded broker alone runs.
    pub(crate) fn broker(&self) -> BrokerConfig {
        self.router().broker
    }
}
