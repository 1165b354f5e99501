//! The shapes. Their field names are those of the first AegisIPC, and so are the words in upper case.

use std::collections::BTreeMap;

use aegis_client::{InstanceEntry, RouterInfo, ServiceEntry};
use aegis_wire::{Zone, timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use crate::health::percent;

/// The health that counts as `ONLINE`.
const HEALTHY: &str = "healthy";
const ACTIVE: &str = "ACTIVE";
/// Also of an instance that asked for no role: what the first AegisIPC gave unasked.
const STANDBY: &str = "STANDBY";

/// All services.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin::api) struct ServicesWithInstances {
    /// By name.
    pub(super) services: Vec<ServiceWithInstances>,
    /// How many services that are.
    pub(super) total_count: u64,
}

/// One service and its instances.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin::api) struct ServiceWithInstances {
    /// Its name.
    name: String,
    /// By id.
    instances: Vec<AdminInstance>,
    /// When the oldest of its instances registered; without any, since when the router answers. RFC
    /// 3339 with microseconds and `Z`.
    created_at: String,
    /// Always empty.
    metadata: BTreeMap<String, String>,
}

/// One instance.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin::api) struct AdminInstance {
    /// Its id.
    instance_id: String,
    /// `ONLINE` if the router judges it healthy, else `OFFLINE`.
    status: &'static str,
    /// `ACTIVE` or `STANDBY`.
    role: String,
    /// RFC 3339 with microseconds and `Z`.
    registered_at: String,
    /// The same.
    last_heartbeat: String,
    /// What the registry uses of what was registered: `resource_id` and `version`, where there is one.
    metadata: BTreeMap<String, String>,
}

/// The roles of one service, under its name once more.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin::api) struct ServiceRoles {
    /// The service.
    service_name: String,
    /// Who has which role.
    roles: Roles,
}

/// Who has which role.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin::api) struct Roles {
    /// The service.
    service_name: String,
    /// Ids of the active ones.
    active_instances: Vec<String>,
    /// Ids of all others.
    standby_instances: Vec<String>,
}

/// How many are healthy.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin::api) struct AdminHealth {
    /// `healthy` or `unhealthy`.
    status: &'static str,
    /// Services.
    total_services: u64,
    /// Instances.
    total_instances: u64,
    /// Of these: healthy.
    healthy_instances: u64,
    /// Services with instances that are not healthy.
    unhealthy_services: Vec<UnhealthyService>,
    /// How many of a hundred are healthy; 100 if there is none.
    health_percentage: f64,
}

/// One service with instances that are not healthy.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin::api) struct UnhealthyService {
    /// Its name.
    service_name: String,
    /// Instances.
    total_instances: u64,
    /// Of these: healthy.
    healthy_instances: u64,
}

/// What stands in a 503.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it describes; each is answered as what it is")]
pub(in crate::admin::api) enum HealthOrDetail {
    /// Too few are healthy.
    Health(AdminHealth),
    /// The router does not answer.
    Detail(super::Detail),
}

impl ServiceWithInstances {
    pub(super) fn new(
        service: ServiceEntry,
        instances: Vec<InstanceEntry>,
        info: &RouterInfo,
    ) -> Self {
        let oldest = instances.iter().map(|it| it.registered_at.clone()).min();
        Self {
            name: service.name,
            created_at: oldest.unwrap_or_else(|| millis_as_text(info.since_ms)),
            metadata: BTreeMap::new(),
            instances: instances
                .into_iter()
                .map(|entry| AdminInstance::new(entry, info))
                .collect(),
        }
    }

    pub(super) fn roles(self) -> ServiceRoles {
        let (active, standby): (Vec<_>, Vec<_>) = self
            .instances
            .into_iter()
            .partition(|instance| instance.role == ACTIVE);
        let ids = |of: Vec<AdminInstance>| of.into_iter().map(|it| it.instance_id).collect();
        ServiceRoles {
            service_name: self.name.clone(),
            roles: Roles {
                service_name: self.name,
                active_instances: ids(active),
                standby_instances: ids(standby),
            },
        }
    }
}

impl AdminInstance {
    fn new(entry: InstanceEntry, info: &RouterInfo) -> Self {
        let known = [
            ("resource_id", entry.resource_id),
            ("version", entry.version),
        ];
        let heard_at = info.clock_ms.saturating_sub(entry.last_heartbeat_ms_ago);
        Self {
            instance_id: entry.instance,
            status: if entry.health == HEALTHY {
                "ONLINE"
            } else {
                "OFFLINE"
            },
            role: entry.role.unwrap_or_else(|| STANDBY.to_owned()),
            // Milliseconds are coarser: a first heartbeat must not seem to come before its registration.
            last_heartbeat: millis_as_text(heard_at).max(entry.registered_at.clone()),
            registered_at: entry.registered_at,
            metadata: known
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?)))
                .collect(),
        }
    }
}

impl AdminHealth {
    pub(super) fn of(services: &[ServiceEntry]) -> Self {
        let total = services.iter().map(|service| service.instances).sum();
        let healthy = services.iter().map(|service| service.healthy).sum();
        let mut health = Self {
            status: "unhealthy",
            total_services: services.len() as u64,
            total_instances: total,
            healthy_instances: healthy,
            unhealthy_services: services
                .iter()
                .filter(|service| service.healthy < service.instances)
                .map(|service| UnhealthyService {
                    service_name: service.name.clone(),
                    total_instances: service.instances,
                    healthy_instances: service.healthy,
                })
                .collect(),
            health_percentage: match total {
                0 => 100.0,
                total => (healthy as f64 * 1000.0 / total as f64).round() / 10.0,
            },
        };
        if health.is_enough(crate::health::HEALTHY_PERCENT) {
            health.status = HEALTHY;
        }
        health
    }

    /// Whether at least so many of a hundred are healthy.
    pub(super) fn is_enough(&self, of_a_hundred: u64) -> bool {
        percent(self.healthy_instances, self.total_instances) >= of_a_hundred
    }
}

fn millis_as_text(unix_ms: u64) -> String {
    timestamp(unix_ms.saturating_mul(1_000), Zone::Z)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(healthy: u64, instances: u64) -> AdminHealth {
        AdminHealth::of(&[ServiceEntry {
            name: "billing".to_owned(),
            instances,
            healthy,
            ..ServiceEntry::default()
        }])
    }

    #[test]
    fn eighty_of_a_hundred_are_enough() {
        assert_eq!(health(80, 100).status, "healthy");
        assert_eq!(health(799, 1000).status, "unhealthy");
        assert_eq!(health(2, 3).health_percentage, 66.7);
        let empty = AdminHealth::of(&[]);
        assert_eq!((empty.status, empty.health_percentage), ("healthy", 100.0));
        assert_eq!(health(4, 5).unhealthy_services.len(), 1);
        assert!(health(5, 5).unhealthy_services.is_empty());
    }
}
