//! Registration and deregistration: from message to event, from effect to answer.

use std::time::Duration;

use aegis_core::{
    ConnectionId, Credential, DeregistrationRefusal, Event, InstanceKey, MethodDeclaration, Part,
    Registration, RegistrationKind, RegistrationRefusal,
};
use aegis_nats::Message;
use aegis_types::{InstanceId, Instant, MethodName, NameError, ResourceId, Role, ServiceName};
use aegis_wire::instance::{
    LeaseGrant, LeaseToken, RegisterRequest, Registered, UnregisterRequest, encode_unregistered,
};
use aegis_wire::{ErrorCode, PROTOCOL, Refusal};

use super::Driver;
use super::hand::Hand;

/// Who registers or deregisters, and where the answer goes.
#[derive(Clone, Copy)]
pub(super) struct Asker<'a> {
    pub(super) reply: &'a str,
    pub(super) service: &'a str,
    pub(super) instance: &'a str,
    /// None for a deregistration.
    pub(super) role: Option<Role>,
    /// The protocol a native instance speaks.
    pub(super) protocol: Option<u8>,
}

/// The capability by which an instance says that its connection closes only with its process.
const LIFELINE: &str = "lifeline";

impl Driver {
    pub(super) fn on_register(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        refined: Option<(&str, &str)>,
    ) {
        let Some(reply) = self.answerable(message) else {
            return;
        };
        let request = match RegisterRequest::decode(message.payload) {
            Ok(request) => request,
            Err(error) => {
                return self.refuse(reply, ErrorCode::ValidationError, &error.to_string());
            }
        };
        let asker = Asker {
            reply,
            service: request.service_name,
            instance: request.instance_id,
            role: request.role,
            protocol: request
                .native
                .as_ref()
                .map(|native| native.protocol.min(PROTOCOL)),
        };
        if !agrees(refined, &asker) {
            return self.refuse_mismatch(reply);
        }
        let resource = match request.resource_id() {
            Ok(resource) => resource,
            Err(error) => {
                return self.refuse(reply, ErrorCode::ValidationError, &error.to_string());
            }
        };
        if let Err(error) = self.register(now, message, &asker, &request, resource) {
            self.refuse(
                reply,
                ErrorCode::ValidationError,
                &format!("a name {error}"),
            );
        }
    }

    fn register(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        asker: &Asker<'_>,
        request: &RegisterRequest<'_>,
        resource: Option<&str>,
    ) -> Result<(), NameError> {
        let mut methods = Vec::new();
        for method in request.native.iter().flat_map(|native| &native.methods) {
            methods.push(MethodDeclaration {
                name: MethodName::parse(method.name)?,
                safety: method.safety,
                attempt_timeout: method.attempt_timeout,
            });
        }
        let registration = Registration {
            service: ServiceName::parse(asker.service)?,
            instance: InstanceId::parse(asker.instance)?,
            kind: match &request.native {
                Some(native) => RegistrationKind::Native {
                    incarnation: native.incarnation,
                    lifeline: native.capabilities.contains(&LIFELINE),
                    methods: &methods,
                    version: native.version,
                },
                None => RegistrationKind::Legacy,
            },
            part: Part {
                role: asker.role,
                resource: resource.map(ResourceId::parse).transpose()?,
            },
            heartbeat_interval: request.native.as_ref().and_then(|n| n.heartbeat_interval),
            connection: message.from.map(|peer| ConnectionId(peer.0)),
        };
        let event = Event::RegistrationReceived(registration);
        self.step(now, event, &Hand::Registration(*asker));
        Ok(())
    }

    pub(super) fn admit(
        &mut self,
        now: Instant,
        hand: &Hand<'_>,
        instance: InstanceKey,
        lease_token: u64,
        lease_ttl: Duration,
        joining: bool,
    ) {
        let held = self.held.remove(&instance);
        let asker = match (&held, hand) {
            (Some(held), _) => held.asker(),
            (None, Hand::Registration(asker)) => *asker,
            (None, _) => return,
        };
        if asker.protocol.is_none() {
            self.keep_inbox_of(instance);
            self.locate(instance);
        }
        let role = asker.role.unwrap_or_default();
        let registered = Registered {
            service_name: asker.service,
            instance_id: asker.instance,
            role,
            unix_micros: self.unix_micros(now),
            message: match role {
                Role::Active => "registered as ACTIVE",
                Role::Standby => "registered as STANDBY",
            },
            grant: asker.protocol.map(|protocol| LeaseGrant {
                lease_ttl_ms: millis(lease_ttl),
                lease_token: LeaseToken::from_bits(lease_token),
                router: &self.router,
                term: 0,
                protocol,
                joining,
            }),
        };
        self.outbox
            .publish(asker.reply, None, &[], None, |out| registered.encode(out));
    }

    /// From now on, what happens to its legacy inbox happens to it.
    pub(super) fn keep_inbox_of(&mut self, instance: InstanceKey) {
        let Some(view) = self.core.instance(instance) else {
            return;
        };
        let id: Box<str> = Box::from(view.id.as_str());
        let owners = self.legacy_inboxes.entry(id.clone()).or_default();
        if !owners.contains(&instance) {
            owners.push(instance);
            self.legacy_ids.insert(instance, id);
        }
    }

    pub(super) fn refuse_registration(&mut self, hand: &Hand<'_>, refusal: RegistrationRefusal) {
        let Hand::Registration(asker) = hand else {
            return;
        };
        self.lines
            .registration_refused(asker.service, asker.instance, &refusal);
        if let RegistrationRefusal::RoleConflict { active } = refusal {
            return self.refuse_role(asker, active);
        }
        let code = match refusal {
            RegistrationRefusal::DuplicateInstance => ErrorCode::DuplicateInstance,
            RegistrationRefusal::StaleIncarnation { .. } => ErrorCode::StaleIncarnation,
            RegistrationRefusal::Overloaded { .. } => ErrorCode::Overloaded,
            RegistrationRefusal::Stopping => ErrorCode::RouterStopping,
            RegistrationRefusal::RoleConflict { .. } => ErrorCode::RoleConflict,
            RegistrationRefusal::Evicted => ErrorCode::Evicted,
        };
        let text = refusal.to_string();
        let conflicting = format!("{}/{}", asker.service, asker.instance);
        let details = [
            ("service_name", asker.service),
            ("instance_id", asker.instance),
            ("conflicting_resource", &conflicting),
        ];
        // The last one is of the duplicate alone: the first AegisIPC names there what is taken.
        let named = 2 + usize::from(code == ErrorCode::DuplicateInstance);
        let refusal = Refusal {
            details: details.get(..named).unwrap_or_default(),
            ..Refusal::new(code, &text)
        };
        self.outbox
            .publish(asker.reply, None, &[], None, |out| refusal.encode(out));
    }

    /// Names who is active, and for what: the text and the details of the first AegisIPC.
    fn refuse_role(&mut self, asker: &Asker<'_>, active: InstanceKey) {
        let Some(view) = self.core.instance(active) else {
            let text = RegistrationRefusal::RoleConflict { active }.to_string();
            return self.refuse(asker.reply, ErrorCode::RoleConflict, &text);
        };
        let part = self.core.part_of(active);
        let resource = part.and_then(|part| part.resource.as_ref());
        let resource = resource.map_or("", ResourceId::as_str);
        let (service, instance) = (view.service.as_str(), view.id.as_str());
        let text = format!(
            "resource `{resource}` already has an active instance: `{instance}` of `{service}`"
        );
        let details = [
            ("service_name", asker.service),
            ("instance_id", asker.instance),
            ("resource_id", resource),
            ("existing_service", service),
            ("existing_instance", instance),
        ];
        let refusal = Refusal {
            details: &details,
            ..Refusal::new(ErrorCode::RoleConflict, &text)
        };
        self.outbox
            .publish(asker.reply, None, &[], None, |out| refusal.encode(out));
    }

    pub(super) fn on_unregister(
        &mut self,
        now: Instant,
        message: &Message<'_>,
        refined: Option<(&str, &str)>,
    ) {
        let Some(reply) = self.answerable(message) else {
            return;
        };
        let request = match UnregisterRequest::decode(message.payload) {
            Ok(request) => request,
            Err(error) => {
                return self.refuse(reply, ErrorCode::ValidationError, &error.to_string());
            }
        };
        let asker = Asker {
            reply,
            service: request.service_name,
            instance: request.instance_id,
            role: None,
            protocol: None,
        };
        if !agrees(refined, &asker) {
            return self.refuse_mismatch(reply);
        }
        let credential = match request.native {
            Some(native) => Credential::LeaseToken {
                token: native.lease_token.bits(),
                incarnation: native.incarnation,
            },
            None => Credential::Legacy,
        };
        let event = Event::DeregistrationReceived {
            service: asker.service,
            instance: asker.instance,
            credential,
        };
        self.step(now, event, &Hand::Deregistration(asker));
    }

    /// An id that was never registered is confirmed as well: the SDK of the first AegisIPC sends
    /// its default id whatever it registered.
    pub(super) fn confirm_deregistration(&mut self, hand: &Hand<'_>, known: bool) {
        let Hand::Deregistration(asker) = hand else {
            return;
        };
        let text = if known {
            "deregistered"
        } else {
            "was not registered"
        };
        self.outbox.publish(asker.reply, None, &[], None, |out| {
            encode_unregistered(out, asker.service, asker.instance, text);
        });
    }

    pub(super) fn refuse_deregistration(
        &mut self,
        hand: &Hand<'_>,
        refusal: DeregistrationRefusal,
    ) {
        let Hand::Deregistration(asker) = hand else {
            return;
        };
        let code = match refusal {
            DeregistrationRefusal::StaleIncarnation => ErrorCode::StaleIncarnation,
            DeregistrationRefusal::WrongToken => ErrorCode::WrongLeaseToken,
        };
        self.refuse(asker.reply, code, &refusal.to_string());
    }

    pub(super) fn refuse(&mut self, reply: &str, code: ErrorCode, text: &str) {
        self.counters.refused_messages += 1;
        let refusal = Refusal::new(code, text);
        self.outbox
            .publish(reply, None, &[], None, |out| refusal.encode(out));
    }

    fn refuse_mismatch(&mut self, reply: &str) {
        let text = "the subject names one instance and the body another";
        self.refuse(reply, ErrorCode::SubjectMismatch, text);
    }
}

fn agrees(refined: Option<(&str, &str)>, asker: &Asker<'_>) -> bool {
    refined.is_none_or(|names| names == (asker.service, asker.instance))
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
