use super::{RoleAct, Subjects};
use crate::resource::ResourceAct;

/// What a subject that the router listens on asks for.
///
/// Names in a refined subject are as they came, not checked: the body names the same things, is
/// checked, and must agree ([`ErrorCode::SubjectMismatch`](crate::ErrorCode::SubjectMismatch)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbound<'a> {
    /// An instance registers.
    Register {
        /// Service and instance, on the refined subject.
        refined: Option<(&'a str, &'a str)>,
    },
    /// An instance deregisters.
    Unregister {
        /// Service and instance, on the refined subject.
        refined: Option<(&'a str, &'a str)>,
    },
    /// A heartbeat.
    Heartbeat {
        /// Service and instance, on the refined subject.
        refined: Option<(&'a str, &'a str)>,
    },
    /// A call.
    Route {
        /// Service and method, on the refined subject.
        refined: Option<(&'a str, &'a str)>,
    },
    /// An instance acts on resources.
    Resource {
        /// What it wants.
        act: ResourceAct,
        /// Service and instance, on the refined subject.
        refined: Option<(&'a str, &'a str)>,
    },
    /// An instance holds its role longer, or no more.
    Role {
        /// What it wants.
        act: RoleAct,
        /// Its service.
        service: &'a str,
        /// The instance.
        instance: &'a str,
    },
    /// A caller asks for the fate of an idempotency key.
    Outcome {
        /// The service that it called.
        service: &'a str,
    },
    /// A caller of the first AegisIPC asks for the fate of a message.
    MessageStatus,
    /// An ack of the first AegisIPC that wants to be confirmed.
    AckResponse,
    /// What an instance answers to an attempt.
    Response {
        /// The router that made the attempt.
        router: &'a str,
        /// The attempt, as it came; [`Inbound::attempt_token`] reads it.
        token: &'a str,
    },
    /// An operator asks.
    Admin {
        /// About what: `service`, `instance`.
        noun: &'a str,
        /// To do what: `ls`.
        verb: &'a str,
    },
}

impl Inbound<'_> {
    /// The number in the last token of a response subject, `None` if it is none that
    /// [`Subjects::push_response`] made.
    pub fn attempt_token(token: &str) -> Option<u128> {
        let (high, low) = token.as_bytes().split_at_checked(HEX_DIGITS / 2)?;
        Some(u128::from(half(high)?) << 64 | u128::from(half(low)?))
    }
}

impl Subjects {
    /// What a subject asks for; `None` if it is not one that the router listens on.
    pub fn parse<'a>(&self, subject: &'a str) -> Option<Inbound<'a>> {
        let rest = self.strip(subject)?;
        // What comes most often is asked first.
        if let Some(names) = rest.strip_prefix("response.") {
            let (router, token) = pair(names)?;
            Some(Inbound::Response { router, token })
        } else if let Some(names) = rest.strip_prefix("route.request") {
            let refined = refinement(names)?;
            Some(Inbound::Route { refined })
        } else if let Some(rest) = rest.strip_prefix("service.") {
            service(rest)
        } else {
            seldom(rest)
        }
    }
}

fn seldom(rest: &str) -> Option<Inbound<'_>> {
    let (first, rest) = rest.split_once('.')?;
    match first {
        "admin" => {
            let (noun, verb) = pair(rest)?;
            Some(Inbound::Admin { noun, verb })
        }
        "resource" => {
            let word = rest.split_once('.').map_or(rest, |(word, _)| word);
            let act = ResourceAct::from_word(word)?;
            let refined = refinement(rest.strip_prefix(word)?)?;
            Some(Inbound::Resource { act, refined })
        }
        "role" => {
            let (word, names) = rest.split_once('.')?;
            let act = RoleAct::ALL.into_iter().find(|act| act.as_str() == word)?;
            let (service, instance) = pair(names)?;
            Some(Inbound::Role {
                act,
                service,
                instance,
            })
        }
        "outcome" if !rest.is_empty() && !rest.contains('.') => {
            Some(Inbound::Outcome { service: rest })
        }
        "message" if rest == "status" => Some(Inbound::MessageStatus),
        "ack" if rest == "response" => Some(Inbound::AckResponse),
        _ => None,
    }
}

fn service(rest: &str) -> Option<Inbound<'_>> {
    if let Some(names) = rest.strip_prefix("heartbeat") {
        let refined = refinement(names)?;
        Some(Inbound::Heartbeat { refined })
    } else if let Some(names) = rest.strip_prefix("register") {
        let refined = refinement(names)?;
        Some(Inbound::Register { refined })
    } else {
        let refined = refinement(rest.strip_prefix("unregister")?)?;
        Some(Inbound::Unregister { refined })
    }
}

/// Nothing, or a dot and exactly two tokens. The outer `None`: neither.
#[expect(
    clippy::option_option,
    reason = "two questions: is it a subject of ours, and does it name names"
)]
fn refinement(rest: &str) -> Option<Option<(&str, &str)>> {
    if rest.is_empty() {
        return Some(None);
    }
    pair(rest.strip_prefix('.')?).map(Some)
}

fn pair(rest: &str) -> Option<(&str, &str)> {
    let dot = rest.bytes().position(|byte| byte == b'.')?;
    let (first, second) = (rest.get(..dot)?, rest.get(dot + 1..)?);
    let is_pair = !first.is_empty() && !second.is_empty() && !second.as_bytes().contains(&b'.');
    is_pair.then_some((first, second))
}

const HEX_DIGITS: usize = 32;

/// All 128 bits as lower-case hexadecimal, of one length for all, without the formatting
/// machinery: one per attempt.
pub(super) fn push_hex(out: &mut String, value: u128) {
    let mut digits = [0; HEX_DIGITS];
    for (digit, byte) in digits.chunks_exact_mut(2).zip(value.to_be_bytes()) {
        digit.copy_from_slice(&[hex(byte >> 4), hex(byte & 0xf)]);
    }
    out.push_str(std::str::from_utf8(&digits).unwrap_or_default());
}

/// 64 bits from exactly half of the digits, lower-case only: one number has one text.
fn half(digits: &[u8]) -> Option<u64> {
    let digits: &[u8; HEX_DIGITS / 2] = digits.try_into().ok()?;
    digits.iter().try_fold(0, |value, digit| {
        let nibble = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(nibble))
    })
}

const fn hex(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' - 10 + nibble,
    }
}
