//! Subjects of the first AegisIPC beside those of instances and calls, and their refined forms:
//! resources, roles, the fate of messages.

use super::Subjects;
use crate::resource::ResourceAct;

/// What an instance asks about the role that it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoleAct {
    /// Hold it longer.
    Renew,
    /// Hold it no more.
    Release,
}

impl RoleAct {
    /// Both, in the order of the reference page.
    pub const ALL: [RoleAct; 2] = [RoleAct::Renew, RoleAct::Release];

    /// The word in the subject.
    pub const fn as_str(self) -> &'static str {
        match self {
            RoleAct::Renew => "renew",
            RoleAct::Release => "release",
        }
    }
}

impl Subjects {
    /// Where an instance acts on resources.
    pub fn resource(&self, act: ResourceAct, service: &str, instance: &str) -> String {
        self.of(&["resource", act.as_str(), service, instance])
    }

    /// Where an instance of the first AegisIPC acts on resources.
    pub fn plain_resource(&self, act: ResourceAct) -> String {
        self.of(&["resource", act.as_str()])
    }

    /// Where an instance renews or gives up its role.
    pub fn role(&self, act: RoleAct, service: &str, instance: &str) -> String {
        self.of(&["role", act.as_str(), service, instance])
    }

    /// Where a caller asks for the fate of an idempotency key.
    pub fn outcome(&self, service: &str) -> String {
        self.of(&["outcome", service])
    }

    /// Where a caller of the first AegisIPC asks for the fate of a message.
    pub fn message_status(&self) -> String {
        self.of(&["message.status"])
    }

    /// Where the first AegisIPC's router meant to hear acks.
    pub fn ack_response(&self) -> String {
        self.of(&["ack.response"])
    }

    /// Where the ack of a message goes. Only of one named by a UUID, as the first AegisIPC names all:
    /// the name becomes part of a subject.
    pub fn ack(&self, message_id: &str) -> Option<String> {
        is_uuid(message_id).then(|| self.of(&["ack", message_id]))
    }
}

/// Whether a text is a UUID as it is usually written: 8, 4, 4, 4 and 12 hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
