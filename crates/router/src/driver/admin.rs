//! What an operator asks: listings, a page at a time, what the router says of itself, and his word about an
//! instance.

use aegis_core::{Event, InstanceView, OperatorAnswer, OperatorWord, ServiceView};
use aegis_nats::Message;
use aegis_types::{Health, Instant, Lifecycle};
use aegis_wire::admin::{
    self, EncodeError, InstanceEntry, InstanceList, ListRequest, Listing, MethodEntry,
    OperatorReply, OperatorRequest, RouterEntry, ServiceEntry, ServiceList,
};
use aegis_wire::event::InstanceEvent;
use aegis_wire::{ErrorCode, Zone, timestamp};

use super::Driver;
use super::events::evidence_text;
use super::hand::Hand;
use super::register::millis;

/// Joins service and instance in `next` and `after`. Names hold no control characters.
const SEPARATOR: char = '\u{1f}';

impl Driver {
    pub(super) fn on_admin(&mut self, now: Instant, message: &Message<'_>, noun: &str, verb: &str) {
        let Some(reply) = self.answerable(message) else {
            return;
        };
        if let (admin::INSTANCE, Some(word)) = (noun, operator_word(verb)) {
            self.on_operator(now, message, reply, word);
            return;
        }
        if (noun, verb) == (admin::ROUTER, admin::INFO) {
            let mut body = Vec::new();
            let written = self.router_info(now).encode(&mut body);
            return self.answer_admin(reply, body, written);
        }
        let request = match ListRequest::decode(message.payload) {
            Ok(request) => request,
            Err(error) => {
                return self.refuse(reply, ErrorCode::ValidationError, &error.to_string());
            }
        };
        let mut page = Vec::new();
        let written = match (noun, verb) {
            (admin::SERVICE, admin::LIST) => self.list_services(now, &request).encode(&mut page),
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
        self.answer_admin(reply, page, written);
    }

    fn answer_admin(&mut self, reply: &str, mut body: Vec<u8>, written: Result<(), EncodeError>) {
        match written {
            Ok(()) => self
                .outbox
                .publish(reply, None, &[], None, |out| out.append(&mut body)),
            Err(error) => self.refuse(reply, ErrorCode::InternalError, &error.to_string()),
        }
    }

    fn on_operator(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        reply: &str,
        word: OperatorWord,
    ) {
        let request = match OperatorRequest::decode(message.payload) {
            Ok(request) => request,
            Err(error) => {
                return self.refuse(reply, ErrorCode::ValidationError, &error.to_string());
            }
        };
        let (service, instance) = (request.service, request.instance);
        let event = Event::OperatorAsked {
            service,
            instance,
            word,
        };
        let hand = Hand::Operator {
            reply,
            service,
            instance,
        };
        self.step(now, event, &hand);
    }

    pub(super) fn answer_operator(&mut self, hand: &Hand<'_>, answer: OperatorAnswer) {
        let Hand::Operator {
            reply,
            service,
            instance,
        } = hand
        else {
            return;
        };
        let OperatorAnswer::Done { health, held } = answer else {
            let text = format!("no instance `{instance}` of service `{service}` is registered");
            return self.refuse(reply, ErrorCode::UnknownInstance, &text);
        };
        crate::observe::operator_obeyed(service, instance, health, held);
        let lifecycle = if held {
            Lifecycle::Draining
        } else {
            Lifecycle::Serving
        };
        let done = OperatorReply {
            success: true,
            service: (*service).to_owned(),
            instance: (*instance).to_owned(),
            lifecycle: lifecycle.as_str().to_owned(),
            health: health
                .map_or(InstanceEvent::REMOVED, Health::as_str)
                .to_owned(),
            note: Some("kept in this router's memory: a restart forgets it".to_owned()),
        };
        let mut body = Vec::new();
        let written = done.encode(&mut body);
        self.answer_admin(reply, body, written);
    }

    fn router_entry(&self, now: Instant) -> RouterEntry {
        let (trust, since) = self.core.trust();
        RouterEntry {
            id: self.router.clone(),
            trust: trust.as_str().to_owned(),
            since_ms_ago: millis(now.saturating_since(since)),
        }
    }

    fn list_services(&self, now: Instant, request: &ListRequest<'_>) -> ServiceList {
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
        let services: Vec<ServiceEntry> =
            views.iter().map(|view| service_entry(now, view)).collect();
        let next = services
            .last()
            .filter(|_| more)
            .map(|last| last.name.clone());
        ServiceList {
            success: true,
            services,
            next,
            router: Some(self.router_entry(now)),
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
        views.retain(|view| request.instance.is_none_or(|id| view.id.as_str() == id));
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
            router: Some(self.router_entry(now)),
        })
    }

    fn instance_entry(&self, now: Instant, view: &InstanceView<'_>) -> InstanceEntry {
        let key = self
            .core
            .find_instance(view.service.as_str(), view.id.as_str());
        let part = key.and_then(|key| self.core.part_of(key));
        let role = part.and_then(|part| part.role);
        let resource = part.and_then(|part| part.resource.as_ref());
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
            resource_id: resource.map(ToString::to_string),
            evidence: Some(evidence_text(
                view.reason,
                now.saturating_since(view.last_heard),
            )),
            since_ms_ago: Some(millis(now.saturating_since(view.since))),
            operator: view.held.then(|| admin::DRAIN.to_owned()),
            ejected_for_ms: view
                .ejected_until
                .map_or(0, |until| millis(until.saturating_since(now))),
            capacity: Some(u64::from(view.capacity)),
            lag_ms: view.native.then(|| millis(view.lag)),
            self_report: Some(view.report.as_str().to_owned()),
        }
    }
}

fn operator_word(verb: &str) -> Option<OperatorWord> {
    match verb {
        admin::DRAIN => Some(OperatorWord::Drain),
        admin::UNDRAIN => Some(OperatorWord::Undrain),
        admin::EVICT => Some(OperatorWord::Evict),
        _ => None,
    }
}

fn names<'a>(view: &InstanceView<'a>) -> (&'a str, &'a str) {
    (view.service.as_str(), view.id.as_str())
}

fn service_entry(now: Instant, view: &ServiceView<'_>) -> ServiceEntry {
    ServiceEntry {
        name: view.name.to_string(),
        instances: view.instances.into(),
        healthy: view.healthy.into(),
        suspect: view.suspect.into(),
        unhealthy: view.unhealthy.into(),
        routable: Some(view.routable.into()),
        methods: view
            .methods
            .iter()
            .map(|method| MethodEntry {
                name: method.name.to_string(),
                safety: method.safety.as_str().to_owned(),
                attempt_timeout_ms: method.attempt_timeout.map(millis),
            })
            .collect(),
        in_flight: view.in_flight.into(),
        joining: view.joining.into(),
        policy: Some(view.policy.as_str().to_owned()),
        calls: view.calls,
        failed: view.failed,
        rerouted: view.rerouted,
        retry_budget_left: Some(view.retries_left(now)),
        panic: view.panic,
    }
}
