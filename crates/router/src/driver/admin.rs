//! What an operator asks: listings, a page at a time.

use aegis_core::{InstanceView, ServiceView};
use aegis_nats::Message;
use aegis_types::Instant;
use aegis_wire::admin::{
    self, InstanceEntry, InstanceList, ListRequest, Listing, MethodEntry, ServiceEntry, ServiceList,
};
use aegis_wire::{ErrorCode, Zone, timestamp};

use super::Driver;
use super::register::millis;

/// Joins service and instance in `next` and `after`. Names hold no control characters.
const SEPARATOR: char = '\u{1f}';

impl Driver {
    pub(super) fn on_admin(&mut self, now: Instant, message: &Message<'_>, noun: &str, verb: &str) {
        let Some(reply) = self.answerable(message) else {
            return;
        };
        let request = match ListRequest::decode(message.payload) {
            Ok(request) => request,
            Err(error) => {
                return self.refuse(reply, ErrorCode::ValidationError, &error.to_string());
            }
        };
        let mut page = Vec::new();
        let written = match (noun, verb) {
            (admin::SERVICE, admin::LIST) => self.list_services(&request).encode(&mut page),
            (admin::INSTANCE, admin::LIST) => match self.list_instances(now, &request) {
                Some(list) => list.encode(&mut page),
                None => {
                    let text = "no instance ever registered this service";
                    return self.refuse(reply, ErrorCode::UnknownService, text);
                }
            },
            _ => {
                let text = format!("this router does not know `{noun} {verb}`");
                return self.refuse(reply, ErrorCode::NotSupported, &text);
            }
        };
        match written {
            Ok(()) => self
                .outbox
                .publish(reply, None, &[], None, |out| out.append(&mut page)),
            Err(error) => self.refuse(reply, ErrorCode::InternalError, &error.to_string()),
        }
    }

    fn list_services(&self, request: &ListRequest<'_>) -> ServiceList {
        let mut views: Vec<ServiceView<'_>> = self
            .core
            .services()
            .filter(|view| {
                request
                    .service
                    .is_none_or(|service| view.name.as_str() == service)
            })
            .filter(|view| request.after.is_none_or(|after| view.name.as_str() > after))
            .collect();
        views.sort_unstable_by(|a, b| a.name.cmp(b.name));
        let more = views.len() > usize::from(request.limit);
        views.truncate(usize::from(request.limit));
        let services: Vec<ServiceEntry> = views.iter().map(service_entry).collect();
        let next = services
            .last()
            .filter(|_| more)
            .map(|last| last.name.clone());
        ServiceList {
            success: true,
            services,
            next,
        }
    }

    fn list_instances(&self, now: Instant, request: &ListRequest<'_>) -> Option<InstanceList> {
        let after = request
            .after
            .map(|after| after.split_once(SEPARATOR).unwrap_or((after, "")));
        let mut views: Vec<InstanceView<'_>> = match request.service {
            Some(service) => self.core.instances_of(service)?.collect(),
            None => self.core.instances().collect(),
        };
        views.retain(|view| after.is_none_or(|after| names(view) > after));
        views.sort_unstable_by(|a, b| names(a).cmp(&names(b)));
        let more = views.len() > usize::from(request.limit);
        views.truncate(usize::from(request.limit));
        let next = views.last().filter(|_| more).map(|last| {
            let (service, instance) = names(last);
            format!("{service}{SEPARATOR}{instance}")
        });
        let instances = views
            .iter()
            .map(|view| self.instance_entry(now, view))
            .collect();
        Some(InstanceList {
            success: true,
            instances,
            next,
        })
    }

    fn instance_entry(&self, now: Instant, view: &InstanceView<'_>) -> InstanceEntry {
        let key = self
            .core
            .find_instance(view.service.as_str(), view.id.as_str());
        let role = key.and_then(|key| self.roles.get(&key));
        InstanceEntry {
            service: view.service.to_string(),
            instance: view.id.to_string(),
            incarnation: view.incarnation.bits(),
            kind: if view.native { "native" } else { "legacy" }.to_owned(),
            health: view.health.to_string(),
            reason: view.reason.to_string(),
            lifecycle: view.lifecycle.as_str().to_owned(),
            routable: view.routable,
            in_flight: view.in_flight.into(),
            registered_at: timestamp(self.unix_micros(view.registered_at), Zone::Z),
            last_heartbeat_ms_ago: millis(now.saturating_since(view.last_heartbeat)),
            lease_ttl_ms: millis(view.lease_ttl),
            heartbeat_interval_ms: millis(view.heartbeat_interval),
            version: view.version.map(str::to_owned),
            role: role.map(|role| role.upper().to_owned()),
        }
    }
}

fn names<'a>(view: &InstanceView<'a>) -> (&'a str, &'a str) {
    (view.service.as_str(), view.id.as_str())
}

fn service_entry(view: &ServiceView<'_>) -> ServiceEntry {
    ServiceEntry {
        name: view.name.to_string(),
        instances: view.instances.into(),
        healthy: view.healthy.into(),
        suspect: view.suspect.into(),
        unhealthy: view.unhealthy.into(),
        methods: view
            .methods
            .iter()
            .map(|(name, safety)| MethodEntry {
                name: name.to_string(),
                safety: safety.as_str().to_owned(),
            })
            .collect(),
        in_flight: view.in_flight.into(),
    }
}
