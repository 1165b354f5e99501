//! Every subject of AegisIPC, built and parsed in one place.

mod inbound;
mod inbox;
mod name_token;
mod prefix;
mod requests;
mod subscriptions;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use aegis_types::{Incarnation, is_strict_token};

pub use inbound::Inbound;
pub use inbox::Inbox;
pub use name_token::{name_of_token, name_token};
pub use prefix::PrefixError;
pub use requests::RoleAct;
pub use subscriptions::{HEARD_BY_ALL, REQUEST_QUEUE, SHARED_REQUESTS};

/// The subjects under one prefix (`ipc` unless configured otherwise).
///
/// *Plain* subjects are those of the first AegisIPC; *refined* ones name service and instance or
/// method, so that NATS permissions can say who may do what. What is sent per message is pushed
/// onto a string that the sender keeps; what is needed once is given back.
///
/// Names in refined subjects must be strict tokens ([`is_strict_token`]). Only [`Subjects::route`]
/// checks that, since any caller may name anything; instances are refused at registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subjects {
    /// The prefix and its dot.
    dotted: Box<str>,
}

impl Default for Subjects {
    fn default() -> Subjects {
        Subjects {
            dotted: "ipc.".into(),
        }
    }
}

impl Subjects {
    /// The subjects under `prefix`: one or more strict tokens with dots between them, at most 64
    /// bytes, and not inside `_INBOX`.
    pub fn new(prefix: &str) -> Result<Subjects, PrefixError> {
        prefix::check(prefix)?;
        Ok(Subjects {
            dotted: format!("{prefix}.").into(),
        })
    }

    /// The prefix.
    pub fn prefix(&self) -> &str {
        self.dotted.trim_end_matches('.')
    }

    /// Where an instance registers.
    pub fn register(&self, service: &str, instance: &str) -> String {
        self.of(&["service.register", service, instance])
    }

    /// Where an instance of the first AegisIPC registers.
    pub fn plain_register(&self) -> String {
        self.of(&["service.register"])
    }

    /// Where an instance deregisters.
    pub fn unregister(&self, service: &str, instance: &str) -> String {
        self.of(&["service.unregister", service, instance])
    }

    /// Where an instance of the first AegisIPC deregisters.
    pub fn plain_unregister(&self) -> String {
        self.of(&["service.unregister"])
    }

    /// Where an instance's heartbeats go.
    pub fn heartbeat(&self, service: &str, instance: &str) -> String {
        self.of(&["service.heartbeat", service, instance])
    }

    /// Where heartbeats of an instance of the first AegisIPC go.
    pub fn plain_heartbeat(&self) -> String {
        self.of(&["service.heartbeat"])
    }

    /// Where a call goes: refined if both names are strict tokens, else plain.
    pub fn route(&self, service: &str, method: &str) -> String {
        let mut subject = String::new();
        self.push_route(&mut subject, service, method);
        subject
    }

    /// [`Subjects::route`] onto a string.
    pub fn push_route(&self, out: &mut String, service: &str, method: &str) {
        if is_strict_token(service) && is_strict_token(method) {
            self.push(out, &["route.request", service, method]);
        } else {
            self.push(out, &["route.request"]);
        }
    }

    /// Where a call goes whose names are not strict tokens, and every legacy one.
    pub fn plain_route(&self) -> String {
        self.of(&["route.request"])
    }

    /// Where one life of a native instance receives.
    pub fn inbox(&self, service: &str, instance: &str, incarnation: Incarnation) -> String {
        let mut subject = String::new();
        self.push_inbox(&mut subject, service, instance, incarnation);
        subject
    }

    /// [`Subjects::inbox`] onto a string.
    pub fn push_inbox(
        &self,
        out: &mut String,
        service: &str,
        instance: &str,
        incarnation: Incarnation,
    ) {
        let mut digits = [0; inbox::MAX_DIGITS];
        let incarnation = inbox::decimal(incarnation.bits(), &mut digits);
        self.push(out, &["inbox", service, instance, incarnation]);
    }

    /// Where a legacy instance receives. Its id may hold dots.
    pub fn legacy_inbox(&self, instance: &str) -> String {
        self.of(&["instance", instance, "inbox"])
    }

    /// [`Subjects::legacy_inbox`] onto a string.
    pub fn push_legacy_inbox(&self, out: &mut String, instance: &str) {
        self.push(out, &["instance", instance, "inbox"]);
    }

    /// Where one attempt is answered. `token` names the attempt and must not be guessable.
    pub fn push_response(&self, out: &mut String, router: &str, token: u128) {
        self.push(out, &["response", router, ""]);
        inbound::push_hex(out, token);
    }

    /// The part of a response subject that travels in the body as `correlation_id`: services of
    /// the first AegisIPC answer to `ipc.response.` and this.
    pub fn correlation_id<'a>(&self, response: &'a str) -> Option<&'a str> {
        self.strip(response)?.strip_prefix("response.")
    }

    /// Where an operator asks: `ipc.admin.service.ls`.
    pub fn admin(&self, noun: &str, verb: &str) -> String {
        self.of(&["admin", noun, verb])
    }

    /// Where changes of an instance are told. Names that are not strict tokens are encoded, see
    /// [`name_token`].
    pub fn instance_event(&self, service: &str, instance: &str) -> String {
        let (service, instance) = (name_token(service), name_token(instance));
        self.of(&["event.instance", &service, &instance])
    }

    /// What to subscribe to for the changes of all instances, of one service or of all.
    pub fn instance_events(&self, service: Option<&str>) -> String {
        let service = service.map_or(Cow::Borrowed("*"), name_token);
        self.of(&["event.instance", &service, "*"])
    }

    /// Where routers tell how far they trust what they see.
    pub fn router_event(&self) -> String {
        self.of(&["event.router"])
    }

    /// Where routers say that they are there.
    pub fn presence(&self) -> String {
        self.of(&["event.presence"])
    }

    fn of(&self, tokens: &[&str]) -> String {
        let mut subject = String::new();
        self.push(&mut subject, tokens);
        subject
    }

    fn push(&self, out: &mut String, tokens: &[&str]) {
        out.push_str(&self.dotted);
        for (position, token) in tokens.iter().enumerate() {
            if position > 0 {
                out.push('.');
            }
            out.push_str(token);
        }
    }

    fn strip<'a>(&self, subject: &'a str) -> Option<&'a str> {
        subject.strip_prefix(&*self.dotted)
    }
}
